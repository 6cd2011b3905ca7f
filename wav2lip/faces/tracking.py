"""Follow faces through a video: the same person within a shot, without gaps or jitter.

Tracking looks ahead a fixed number of frames, so memory does not grow with the video and the result
does not depend on how the video is divided into chunks.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from wav2lip.errors import InputError
from wav2lip.faces.boxes import match_faces
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh
from wav2lip.faces.mesh_detection import MINOR, detect_by_mesh
from wav2lip.faces.sparse_detection import detect_sparsely
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.frame import Frame
from wav2lip.types import Box
from wav2lip.utils.sliding import sliding

STRIDE = 5  # frames between two detections of a face that keeps still
SMOOTH = 5  # frames over which a box is averaged, as published
GAP = 12  # frames; a shorter loss of a face is bridged by a straight line


@dataclass
class _Choice:
    """The tracks of the current shot that are followed.

    A choice holds until the cut. A face that is lost is replaced only by one that was never seen beside it: that one
    may be the same person elsewhere, the others are somebody else.
    """

    faces: str | int
    shot: int = -1
    chosen: list[int] = field(default_factory=list)  # first those that were chosen first
    followed: list[int] = field(default_factory=list)
    beside: set[int] = field(default_factory=set)  # seen in one frame with a chosen one

    def update(self, window: list[TrackedFrame]) -> None:
        """Choose among the tracks of the frames held, of which the first is the next to yield."""
        shot = window[0].shot
        if shot != self.shot:
            self.shot, self.chosen, self.followed, self.beside = shot, [], [], set()
        wanted = {"largest": 1, "all": sys.maxsize}.get(str(self.faces)) or int(self.faces)
        # Area summed over the frames held: a face that flickers loses to one that stays.
        area: dict[int, float] = {}
        for held in (item for item in window if item.shot == shot):
            for face in held.faces:
                size = float(np.prod(face.box[2:] - face.box[:2]))
                area[face.track] = area.get(face.track, 0.0) + size
            self._note_neighbours({face.track for face in held.faces})
        if window[0].faces:
            free = wanted - len(self.chosen)  # never filled
            self.followed = [track for track in self.chosen if track in area][:wanted]
            for track in sorted(area.keys() - self.chosen, key=lambda track: (-area[track], track)):
                if len(self.followed) < wanted and (free > 0 or track not in self.beside):
                    free -= 1
                    self.chosen.append(track)
                    self.followed.append(track)

    def _note_neighbours(self, tracks: set[int]) -> None:
        """Remember which faces are in one frame with a chosen one."""
        if tracks.intersection(self.chosen):
            self.beside |= tracks.difference(self.chosen)


def _associate(frames: Iterable[TrackedFrame]) -> Iterator[TrackedFrame]:
    """Make faces of the detections: each joins the track closest in place and size."""
    known: dict[int, Box] = {}
    shot, next_track = -1, 0
    for item in frames:
        if item.shot != shot:
            known, shot = {}, item.shot
        tracks = list(known)
        last = np.stack([known[t] for t in tracks]) if tracks else np.zeros((0, 4), np.float32)
        track_of = {j: tracks[i] for i, j in match_faces(last, item.detections)}
        for j, box in enumerate(item.detections):
            if j not in track_of:
                track_of[j], next_track = next_track, next_track + 1
            item.faces.append(TrackedFace(track_of[j], box[:4], item.landmarks.get(j)))
        known.update({face.track: face.box for face in item.faces})
        yield item


def _bridged(window: list[TrackedFrame], at: int, track: int, shot: int, gap: int) -> Box | None:
    """Return the track's box at `window[at]`, interpolated over a gap; None if it has none."""
    if window[at].shot != shot:
        return None
    box = window[at].box_of(track)
    if box is not None:
        return box
    ends = []
    for step in (-1, 1):
        for k in range(1, gap + 1):
            there = at + step * k
            if not 0 <= there < len(window) or window[there].shot != shot:
                break
            end = window[there].box_of(track)
            if end is not None:
                ends.append((k, end))
                break
    if len(ends) < 2 or ends[0][0] + ends[1][0] > gap + 1:
        return None
    (before, a), (after, b) = ends
    return ((after * a + before * b) / (before + after)).astype(np.float32)


def _smoothed(window: list[TrackedFrame], at: int, track: int, gap: int, half: int) -> Box | None:
    """Average the box over up to `half` frames on either side; None if the track has none.

    As many frames before as after: otherwise the box lags behind at the ends of a moving track.
    """
    shot = window[at].shot
    box = _bridged(window, at, track, shot, gap)
    if box is None:
        return None
    near = [box]
    for step in range(1, min(half, at, len(window) - 1 - at) + 1):
        before = _bridged(window, at - step, track, shot, gap)
        after = _bridged(window, at + step, track, shot, gap)
        if before is None or after is None:
            break
        near += [before, after]
    mean: Box = np.mean(near, axis=0, dtype=np.float32)
    return mean


def track_faces(
    frames: Iterable[Frame],
    detector: Detector,
    *,
    stride: int = STRIDE,
    faces: str | int = "largest",
    smooth: int = SMOOTH,
    gap: int = GAP,
    mesh: Mesh | None = None,
) -> Iterator[TrackedFrame]:
    """Follow the wanted faces through a video.

    At most `stride + 2 * gap + smooth` frames are held.

    Args:
        frames: of one video.
        detector: finds the faces.
        stride: frames between two detections; more are run where faces move.
        faces: "largest" (of each shot; once chosen, no other face until the cut, but where it is lost one that was
            never seen beside it), "all", or the number of faces.
        smooth: frames over which a box is averaged, odd; 1 for no smoothing.
        gap: frames without the face that are bridged.
        mesh: follows the faces from frame to frame in place of detections every `stride` frames; the
            faces then have landmarks. They are not smoothed; see `smooth_landmarks`.

    Yields:
        Every frame in order with the wanted faces; its list of faces is empty if there are none.

    Raises:
        InputError: for settings out of range.
    """
    if not (faces in ("largest", "all") or (isinstance(faces, int) and faces > 0)):
        raise InputError(f"faces={faces!r}: give largest, all or a number of faces from 1")
    if stride < 1 or smooth < 1 or gap < 0:
        raise InputError(
            f"stride {stride}, smooth {smooth}, gap {gap}: must be at least 1, 1 and 0"
        )
    half = smooth // 2
    choice = _Choice(faces)
    detected = (
        detect_sparsely(frames, detector, stride)
        if mesh is None
        else detect_by_mesh(frames, detector, mesh, MINOR if faces == "largest" else 0.0)
    )
    for held, at in sliding(_associate(detected), half + gap, half + gap):
        current = held[at]
        choice.update(held[at:])
        found = []
        for track in choice.followed:
            box = _smoothed(held, at, track, gap, half)
            if box is not None:
                landmarks = next((f.landmarks for f in current.faces if f.track == track), None)
                found.append(TrackedFace(track, box, landmarks))
        yield TrackedFrame(current.frame, current.shot, found, current.detections)
