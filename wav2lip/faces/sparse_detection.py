"""Boxes for every frame from detections on some of them."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from wav2lip.faces.boxes import box_size, match_faces
from wav2lip.faces.detectors import Detector, detector_input
from wav2lip.faces.shots import ShotCounter
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.media.frame import Frame
from wav2lip.types import Boxes, Image

STILL = 0.06  # of the face's size; a smaller move between two detections is interpolated linearly
FULL_INTERVAL = 25  # frames after which the whole frame is searched again, for new faces
MINOR = 0.25  # of the largest face's area; moves of smaller faces cause no further detection


def _main_faces(boxes: Boxes) -> set[int]:
    """Return the indices of the faces that are not minor."""
    area = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1)
    return set(np.flatnonzero(area >= MINOR * area.max()).tolist()) if len(boxes) else set()


def _interpolate(first: Boxes, last: Boxes, pairs: list[tuple[int, int]], part: float) -> Boxes:
    """Interpolate the paired boxes at `part` of the way, followed by the unpaired ones."""
    rows = [(1 - part) * first[i] + part * last[j] for i, j in pairs]
    # A minor face known at one end only stays for its half of the way.
    own, paired = (first, {i for i, _ in pairs}) if part < 0.5 else (last, {j for _, j in pairs})
    rows += [own[k] for k in range(len(own)) if k not in paired]
    return np.array(rows, np.float32).reshape(-1, 5)


def _redetect(
    image: Image, known: Boxes, detector: Detector, which: list[int] | None = None
) -> Boxes:
    """Detect the known faces, or `which` of them, again; search the whole frame if one is lost."""
    wanted = known if which is None else known[which]
    found = detector.redetect(image, wanted)
    pairs = match_faces(wanted, found)
    if len(pairs) < len(wanted):
        return detector.detect(image)
    if which is None:
        return found
    boxes = known.copy()
    for i, j in pairs:
        boxes[which[i]] = found[j]
    return boxes


def _fill(run: list[TrackedFrame], detector: Detector) -> None:
    """Fill in the detections between the two ends of a run, where they are known.

    If the faces kept still, interpolate. Otherwise detect in the middle, only the faces that moved
    if no face came or went, and repeat for both halves.
    """
    if len(run) < 3:
        return
    first, last = run[0].detections, run[-1].detections
    pairs = match_faces(first, last)
    main = _main_faces(first)
    moved = [
        k
        for k, (i, j) in enumerate(pairs)
        if i in main and np.abs(first[i, :4] - last[j, :4]).max() > STILL * box_size(first[i])
    ]
    same = main <= {i for i, _ in pairs} and _main_faces(last) <= {j for _, j in pairs}
    if same and not moved:
        for k in range(1, len(run) - 1):
            run[k].detections = _interpolate(first, last, pairs, k / (len(run) - 1))
        return
    middle = len(run) // 2
    image = detector_input(detector, run[middle].frame)
    if same:
        known = _interpolate(first, last, pairs, 0.5)  # the pairs come first in it
        run[middle].detections = _redetect(image, known, detector, moved)
    else:
        run[middle].detections = detector.detect(image)
    _fill(run[: middle + 1], detector)
    _fill(run[middle:], detector)


def detect_sparsely(
    frames: Iterable[Frame], detector: Detector, stride: int
) -> Iterator[TrackedFrame]:
    """Find the faces of every frame with few detections.

    The detector runs on every `stride`-th frame and on both ends of a shot, and between them only
    where faces moved, came or went. At most `stride` frames are held back.

    Args:
        frames: of one video.
        detector: finds the faces.
        stride: frames between two detections.

    Yields:
        The frames in order, with shot and detections.
    """
    count = ShotCounter()
    run: list[TrackedFrame] = []  # from the last frame with a detection to the newest
    last_full = 0  # index of the frame that was last searched whole

    def detect_newest() -> None:
        nonlocal last_full
        newest = run[-1].frame
        image = detector_input(detector, newest)
        if len(run) == 1 or newest.index - last_full >= FULL_INTERVAL:
            run[-1].detections, last_full = detector.detect(image), newest.index
        else:
            run[-1].detections = _redetect(image, run[0].detections, detector)

    for frame in chain(frames, [None]):
        shot = count(frame.luma_or_bgr) if frame is not None else -1
        if run and shot != run[-1].shot:
            if len(run) > 1:
                detect_newest()
                _fill(run, detector)
            yield from run
            run = []
        if frame is None:
            return
        run.append(TrackedFrame(frame, shot))
        if len(run) == 1:
            detect_newest()
        elif len(run) == stride + 1:
            detect_newest()
            _fill(run, detector)
            yield from run[:-1]
            run = run[-1:]
