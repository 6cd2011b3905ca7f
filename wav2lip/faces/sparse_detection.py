"""Boxes for every frame from detections on some of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

import numpy as np

from wav2lip.faces.boxes import box_size, match_faces
from wav2lip.faces.detectors import Detector
from wav2lip.faces.shots import ShotCounter
from wav2lip.media.frame import Frame
from wav2lip.types import Boxes, Image

STILL = 0.06  # of the face; moved less between two looks, a straight line describes the way
FULL = 25  # frames after which the whole frame is looked at again, for faces that came in
MINOR = 0.25  # of the largest face's area; smaller ones may move, come and go without a closer look


F = TypeVar("F", bound=Frame)


@dataclass
class Seen(Generic[F]):
    """A frame, the shot it belongs to and the faces in it."""

    frame: F
    shot: int
    boxes: Boxes  # (N, 5) x0, y0, x1, y1, score in px


def _main(boxes: Boxes) -> set[int]:
    area = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1)
    return set(np.flatnonzero(area >= MINOR * area.max()).tolist()) if len(boxes) else set()


def _between(first: Boxes, last: Boxes, pairs: list[tuple[int, int]], part: float) -> Boxes:
    rows = [(1 - part) * first[i] + part * last[j] for i, j in pairs]
    # A minor face known at one end only stays for its half of the way.
    own, taken = (first, {i for i, _ in pairs}) if part < 0.5 else (last, {j for _, j in pairs})
    rows += [own[k] for k in range(len(own)) if k not in taken]
    return np.array(rows, np.float32).reshape(-1, 5)


def _image(frame: Frame, detector: Detector) -> Image:
    """The frame as this detector may see it, at the least cost."""
    return frame.luma_or_bgr if getattr(detector, "takes_luma", False) else frame.image


def _settle(run: list[Seen[F]], detector: Detector) -> None:
    """Fill `run`, whose ends are detected: by lines if the faces kept still, else look between.

    Only faces that moved are looked at again.
    """
    if len(run) < 3:
        return
    first, last = run[0].boxes, run[-1].boxes
    pairs = match_faces(first, last)
    main = _main(first)
    moved = [
        k
        for k, (i, j) in enumerate(pairs)
        if i in main and np.abs(first[i, :4] - last[j, :4]).max() > STILL * box_size(first[i])
    ]
    same = main <= {i for i, _ in pairs} and _main(last) <= {j for _, j in pairs}
    if same and not moved:
        for k in range(1, len(run) - 1):
            run[k].boxes = _between(first, last, pairs, k / (len(run) - 1))
        return
    middle = len(run) // 2
    image = _image(run[middle].frame, detector)
    if same:
        known = _between(first, last, pairs, 0.5)  # pairs come first in it
        run[middle].boxes = _look(image, known, detector, moved)
    else:
        run[middle].boxes = detector.detect(image)
    _settle(run[: middle + 1], detector)
    _settle(run[middle:], detector)


def _look(image: Image, known: Boxes, detector: Detector, which: list[int] | None = None) -> Boxes:
    """A glance at the known faces, or at `which` of them, where that finds them; else a full look."""
    asked = known if which is None else known[which]
    found = detector.redetect(image, asked)
    pairs = match_faces(asked, found)
    if len(pairs) < len(asked):
        return detector.detect(image)
    if which is None:
        return found
    boxes = known.copy()
    for i, j in pairs:
        boxes[which[i]] = found[j]
    return boxes


def detect_sparsely(frames: Iterable[F], detector: Detector, stride: int) -> Iterator[Seen[F]]:
    """Faces of every frame; the detector looks at every `stride`-th, at both ends of a shot, and
    in between only where faces moved, came or went. Holds `stride` frames back.
    """
    count = ShotCounter()
    run: list[Seen[F]] = []  # from the last frame looked at to the newest
    looked = 0  # index of the last full look

    def look() -> None:
        nonlocal looked
        newest = run[-1].frame
        image = _image(newest, detector)
        if len(run) == 1 or newest.index - looked >= FULL:
            run[-1].boxes, looked = detector.detect(image), newest.index
        else:
            run[-1].boxes = _look(image, run[0].boxes, detector)

    for frame in chain(frames, [None]):
        shot = count(frame.luma_or_bgr) if frame is not None else -1
        if run and shot != run[-1].shot:
            if len(run) > 1:
                look()
                _settle(run, detector)
            yield from run
            run = []
        if frame is None:
            return
        run.append(Seen(frame, shot, np.zeros((0, 5), np.float32)))
        if len(run) == 1:
            look()
        elif len(run) == stride + 1:
            look()
            _settle(run, detector)
            yield from run[:-1]
            run = run[-1:]
