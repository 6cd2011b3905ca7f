"""Face tracks as in the published evaluation: detection in every frame, boxes joined by overlap.

Source: run_pipeline.py of joonson/syncnet_python. Unlike `wav2lip.faces.tracking` it keeps the boxes of all frames,
bridges long gaps, and runs the detector on every frame.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.signal import medfilt

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import CropCollector
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.segments import FaceSegment, cut_segment, frames_at_25
from wav2lip.evaluation.views import View
from wav2lip.faces.boxes import iou
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.faces.shots import ShotCounter
from wav2lip.types import Box, Boxes, Image, Pcm

MIN_IOU = 0.5  # intersection over union above which two boxes are one face
MAX_GAP = 25  # frames that a face may be lost
MEDIAN = 13  # frames of the median filter over place and size


@dataclass
class Track:
    """One face.

    Attributes:
        frames: numbers of the frames at 25 fps in which it was detected.
        boxes: (4,) px, its box in each of these frames.
    """

    frames: list[int] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def filled(self) -> Boxes:
        """Boxes (T,4) of every frame from the first to the last, gaps interpolated, median-filtered."""
        every = np.arange(self.frames[0], self.frames[-1] + 1)
        known = np.stack(self.boxes).astype(np.float64)
        x0, y0, x1, y1 = (np.interp(every, self.frames, known[:, k]) for k in range(4))
        # As published, the filter sees zeros beyond the ends: the least of seven values stands there.
        x, y, half_width, half_height = (
            medfilt(values, MEDIAN)
            for values in ((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2)
        )
        corners = (x - half_width, y - half_height, x + half_width, y + half_height)
        return np.stack(corners, 1).astype(np.float32)


def join(found: list[tuple[int, list[Box]]]) -> Iterator[Track]:
    """Join the boxes of one shot, given as (frame, boxes), to tracks; each box is in one track at most."""
    left = [(frame, list(boxes)) for frame, boxes in found]
    while any(boxes for _, boxes in left):
        track = Track()
        for frame, boxes in left:
            if track.frames and frame - track.frames[-1] > MAX_GAP:
                break
            for k, box in enumerate(boxes):
                if not track.frames or iou(track.boxes[-1], box[None])[0] > MIN_IOU:
                    track.frames.append(frame)
                    track.boxes.append(boxes.pop(k)[:4])
                    break
        yield track


def find_tracks(
    path: Path, detector: Detector, min_frames: int, problems: list[str] | None = None
) -> list[Track]:
    """Find the tracks of a video that are detected in more than `min_frames` frames at 25 fps.

    `problems` receives one line per kind of damage of the video.

    Returns:
        The tracks in order of their first frame.

    Raises:
        InputError: there is no such track.
    """
    shots: dict[int, list[tuple[int, list[Box]]]] = {}
    count = ShotCounter()
    for frame in frames_at_25(path, problems):
        shot = shots.setdefault(count(frame.image), [])
        shot.append((frame.index, list(detector.detect(frame.image))))
    tracks = [track for found in shots.values() for track in join(found)]
    if not tracks:
        raise InputError(f"{path}: no face in any of its frames; remove it")
    kept = [track for track in tracks if len(track.frames) > min_frames]
    if not kept:
        longest = max(len(track.frames) for track in tracks)
        raise InputError(
            f"{path}: its longest face track has {longest} frames, and more than {min_frames} are required"
        )
    # By place, not by the detector's confidence: the same people have the same numbers in a generated video.
    return sorted(kept, key=lambda track: (track.frames[0], float(track.filled()[0][0])))


def track_segments(
    path: Path, pcm: Pcm, tracks: list[Track], view: View, crops: CropCollector | None = None
) -> Iterator[FaceSegment]:
    """Yield one segment per track, in their order; the video is decoded once more.

    Args:
        path: the video.
        pcm: (N,) at 16 kHz, its sound.
        tracks: from `find_tracks`.
        view: the judge's.
        crops: receives every frame with the crop of the first track.
    """
    boxes = [track.filled() for track in tracks]
    views: list[list[Image]] = [[] for _ in tracks]
    for frame in frames_at_25(path):
        for number, (track, own) in enumerate(zip(tracks, boxes, strict=True)):
            at = frame.index - track.frames[0]
            crop = Crop.of_box(own[at]) if 0 <= at < len(own) else None
            if crop is not None:
                views[number].append(view(frame.image, crop))
            if crops is not None and number == 0:
                crops.add(frame, crop)
    for track, own, pictures in zip(tracks, boxes, views, strict=True):
        yield cut_segment(track.frames[0], pictures, list(own), pcm)


@dataclass(frozen=True)
class FaceTracks:
    """One clip per face track, as in the published evaluation: every person, also side by side.

    The video is decoded twice. A box is final only 31 frames later (`MAX_GAP` and half of `MEDIAN`), and whether its
    track counts only after `min_frames` detections: one pass would hold so many full frames, and crops of tracks
    that are then dropped. The second decoding costs 2 to 5 % of the detector, which runs in every frame.

    Attributes:
        min_frames: a track must be detected in more frames than this.
    """

    min_frames: int = 100

    def __call__(
        self,
        path: Path,
        pcm: Pcm,
        detector: Detector,
        judge: LoadedJudge,
        crops: CropCollector | None = None,
        problems: list[str] | None = None,
    ) -> Iterator[tuple[str, Iterable[FaceSegment]]]:
        """See `wav2lip.evaluation.segments.Segmenter`.

        Raises:
            InputError: the judge was trained on aligned crops, which such tracks do not have.
        """
        if judge.track_view.face_crop != "s3fd":
            raise InputError(
                f"{judge.path}: was trained on aligned crops, and face tracks as published have level ones; "
                "score the largest face of each shot, or use another judge"
            )
        tracks = find_tracks(path, detector, self.min_frames, problems)
        segments = track_segments(path, pcm, tracks, judge.track_view, crops)
        for number, segment in enumerate(segments):
            yield f"#{number}", [segment]
