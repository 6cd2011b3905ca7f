"""Face tracks as in the published evaluation: every frame searched, boxes joined by overlap.

Source: run_pipeline.py of joonson/syncnet_python. Unlike `wav2lip.faces.tracking` it keeps all frames'
boxes of a video, waits long for a face to come back, and looks at every frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import medfilt

from wav2lip.errors import InputError
from wav2lip.evaluation.segments import FaceSegment, cut_segment, frames_at_25
from wav2lip.evaluation.views import View
from wav2lip.faces.detectors import Detector
from wav2lip.faces.shots import ShotCounter

OVERLAP = 0.5  # intersection over union that makes two boxes one face
GAP = 25  # frames that a face may be lost
MEDIAN = 13  # frames of the median filter over place and size

Box = NDArray[np.float32]


@dataclass
class Track:
    """One face: the frames in which it was found and its boxes there, (4,) px each."""

    frames: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def filled(self) -> Box:
        """Boxes (T,4) of every frame from the first to the last, gaps bridged, shaking filtered."""
        every = np.arange(self.frames[0], self.frames[-1] + 1)
        known = np.stack(self.boxes).astype(np.float64)
        x0, y0, x1, y1 = (np.interp(every, self.frames, known[:, k]) for k in range(4))
        # As published the filter takes zeros beyond the ends: the least of seven values stands there.
        x, y, half_width, half_height = (
            medfilt(values, MEDIAN)
            for values in ((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2)
        )
        corners = (x - half_width, y - half_height, x + half_width, y + half_height)
        return np.stack(corners, 1).astype(np.float32)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (4,)."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:4], other[2:4])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = float(np.prod(one[2:4] - one[:2]) + np.prod(other[2:4] - other[:2]))
    return shared / (areas - shared) if shared else 0.0


def join(found: list[tuple[int, list[Box]]]) -> Iterator[Track]:
    """Tracks of one shot from (frame, its boxes), each box in one track at most."""
    left = [(frame, list(boxes)) for frame, boxes in found]
    while any(boxes for _, boxes in left):
        track = Track()
        for frame, boxes in left:
            if track.frames and frame - track.frames[-1] > GAP:
                break
            for k, box in enumerate(boxes):
                if not track.frames or overlap(box, track.boxes[-1]) > OVERLAP:
                    track.frames.append(frame)
                    track.boxes.append(boxes.pop(k)[:4])
                    break
        yield track


def find_tracks(path: Path, detector: Detector, least: int) -> list[Track]:
    """Tracks found in more than `least` frames (25 a second), in order of their first frame."""
    shots: dict[int, list[tuple[int, list[Box]]]] = {}
    count = ShotCounter()
    for frame in frames_at_25(path):
        shot = shots.setdefault(count(frame.image), [])
        shot.append((frame.index, list(detector.detect(frame.image))))
    tracks = [track for found in shots.values() for track in join(found)]
    if not tracks:
        raise InputError(f"{path}: no face in any of its frames; remove it")
    kept = [track for track in tracks if len(track.frames) > least]
    if not kept:
        longest = max(len(track.frames) for track in tracks)
        raise InputError(
            f"{path}: its longest face track is seen in {longest} frames, not in more than {least}"
        )
    return sorted(kept, key=lambda track: track.frames[0])


def track_segments(
    path: Path, pcm: NDArray[np.int16], tracks: list[Track], view: View
) -> Iterator[FaceSegment]:
    """One take a track, in their order; the video is read once more."""
    boxes = [track.filled() for track in tracks]
    shown: list[list[NDArray[np.uint8]]] = [[] for _ in tracks]
    for frame in frames_at_25(path):
        for track, own, pictures in zip(tracks, boxes, shown, strict=True):
            at = frame.index - track.frames[0]
            if 0 <= at < len(own):
                pictures.append(view(frame.image, own[at]))
    for track, own, pictures in zip(tracks, boxes, shown, strict=True):
        yield cut_segment(track.frames[0], pictures, list(own), pcm)
