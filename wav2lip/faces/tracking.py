"""Follow faces through a video: the same person within a shot, no gaps, no shaking.

Everything looks ahead a fixed number of frames, so memory does not grow with the video and the
result does not depend on how it is cut into chunks.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.boxes import match_faces
from wav2lip.faces.detectors import Detector
from wav2lip.faces.sparse_detection import F, Seen, detect_sparsely

STRIDE = 5  # frames between two looks of the detector at a calm face
SMOOTH = 5  # frames a box is averaged over, as published
GAP = 12  # frames; a face lost for no longer is bridged by a straight line


@dataclass
class TrackedBox:
    """One person's face in one frame."""

    track: int  # number of the person, new in every shot
    box: NDArray[np.float32]  # (4,) x0, y0, x1, y1 in px
    shot: int


@dataclass
class _Moment(Generic[F]):
    frame: F
    shot: int
    boxes: dict[int, NDArray[np.float32]]  # track -> (4,)


@dataclass
class _Choice:
    """Which tracks of the shot on screen are wanted; a choice lasts until the cut."""

    faces: str | int
    shot: int = -1
    chosen: list[int] = field(default_factory=list)

    def update(self, window: list[_Moment[F]]) -> None:
        """Choose among the tracks of the frames held (the first is the one to show next)."""
        shot = window[0].shot
        if shot != self.shot:
            self.shot, self.chosen = shot, []
        wanted = {"largest": 1, "all": sys.maxsize}.get(str(self.faces)) or int(self.faces)
        # Area summed over the frames held: a face that flickers loses to one that stays.
        area: dict[int, float] = {}
        for moment in window:
            for track, box in moment.boxes.items():
                if moment.shot == shot and track not in self.chosen:
                    area[track] = area.get(track, 0.0) + float(np.prod(box[2:] - box[:2]))
        if window[0].boxes:
            ranked = sorted(area, key=lambda track: (-area[track], track))
            self.chosen += ranked[: max(0, wanted - len(self.chosen))]


def _associate(seen: Iterable[Seen[F]]) -> Iterator[_Moment[F]]:
    """Give faces track numbers: closest in place and size to where the track was last."""
    known: dict[int, NDArray[np.float32]] = {}
    shot, fresh = -1, 0
    for item in seen:
        if item.shot != shot:
            known, shot = {}, item.shot
        tracks = list(known)
        last = np.stack([known[t] for t in tracks]) if tracks else np.zeros((0, 4), np.float32)
        named = {j: tracks[i] for i, j in match_faces(last, item.boxes)}
        boxes = {}
        for j, box in enumerate(item.boxes):
            if j not in named:
                named[j], fresh = fresh, fresh + 1
            boxes[named[j]] = box[:4]
        known.update(boxes)
        yield _Moment(item.frame, item.shot, boxes)


def _box_at(
    window: list[_Moment[F]], at: int, track: int, shot: int, gap: int
) -> NDArray[np.float32] | None:
    """The track's box at window[at], bridged over a gap; None where the face is not there."""
    if window[at].shot != shot:
        return None
    if track in window[at].boxes:
        return window[at].boxes[track]
    ends = []
    for step in (-1, 1):
        for k in range(1, gap + 1):
            there = at + step * k
            if not 0 <= there < len(window) or window[there].shot != shot:
                break
            if track in window[there].boxes:
                ends.append((k, window[there].boxes[track]))
                break
    if len(ends) < 2 or ends[0][0] + ends[1][0] > gap + 1:
        return None
    (before, a), (after, b) = ends
    return ((after * a + before * b) / (before + after)).astype(np.float32)


def _smoothed(
    window: list[_Moment[F]], at: int, track: int, gap: int, half: int
) -> NDArray[np.float32] | None:
    """Mean box of up to `half` frames on either side; None where the face is not there.

    As many before as after: at the ends of its track a moving face would be left behind.
    """
    shot = window[at].shot
    box = _box_at(window, at, track, shot, gap)
    if box is None:
        return None
    near = [box]
    for step in range(1, min(half, at, len(window) - 1 - at) + 1):
        before = _box_at(window, at - step, track, shot, gap)
        after = _box_at(window, at + step, track, shot, gap)
        if before is None or after is None:
            break
        near += [before, after]
    mean: NDArray[np.float32] = np.mean(near, axis=0, dtype=np.float32)
    return mean


def track_faces(
    frames: Iterable[F],
    detector: Detector,
    *,
    stride: int = STRIDE,
    faces: str | int = "largest",
    smooth: int = SMOOTH,
    gap: int = GAP,
) -> Iterator[tuple[F, list[TrackedBox]]]:
    """Every frame with the wanted faces in it; an empty list where there is none.

    faces: "largest" (of each shot; once chosen, nobody else until the cut), "all", or how many.
    stride: frames between two looks of the detector; it looks more often where faces move.
    smooth: frames (odd) that a box is averaged over, 1 for none. gap: frames without the face
    that are bridged. Holds stride + 2 * gap + smooth frames at most.
    Raises InputError for settings that make no sense.
    """
    if not (faces in ("largest", "all") or (isinstance(faces, int) and faces > 0)):
        raise InputError(f"faces={faces!r}: say largest, all or a number of faces from 1")
    if stride < 1 or smooth < 1 or gap < 0:
        raise InputError(f"stride {stride}, smooth {smooth}, gap {gap}: say 1, 1, 0 or more")
    half = smooth // 2
    ahead, behind = half + gap, half + gap
    window: deque[_Moment[F]] = deque()
    at = 0  # place in the window of the next frame to show
    choice = _Choice(faces)

    def show() -> tuple[F, list[TrackedBox]]:
        held = list(window)
        now = held[at]
        choice.update(held[at:])
        found = []
        for track in choice.chosen:
            box = _smoothed(held, at, track, gap, half)
            if box is not None:
                found.append(TrackedBox(track, box, now.shot))
        return now.frame, found

    for moment in _associate(detect_sparsely(frames, detector, stride)):
        window.append(moment)
        if len(window) - at > ahead:
            yield show()
            at += 1
            if at > behind:
                window.popleft()
                at -= 1
    while at < len(window):
        yield show()
        at += 1
