"""Boxes and landmarks for every frame: faces are detected once, then followed by their own mesh."""

from collections.abc import Iterable, Iterator

import numpy as np

from wav2lip.faces.boxes import iou
from wav2lip.faces.detectors import Detector, detector_input
from wav2lip.faces.landmark_tracking import Mesh, find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.shots import ShotCounter
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.media.frame import Frame
from wav2lip.types import Box, Boxes

SEARCH_INTERVAL = 50  # frames after which the whole frame is searched again, for new faces
IDLE_INTERVAL = 5  # the same while no face is followed
SAME = 0.3  # IoU above which two boxes are of one face
MINOR = 0.25  # of the largest face's area; smaller faces are not the one that is wanted


def _stack(boxes: list[Box]) -> Boxes:
    return np.array(boxes, np.float32).reshape(-1, 5)


def _searched(
    tracked: TrackedFrame,
    detector: Detector,
    mesh: Mesh,
    known: list[tuple[Box, Landmarks]],
    minor: float,
) -> None:
    """Search the whole frame; faces that are known are followed by their mesh all the same."""
    found = detector.detect(detector_input(detector, tracked.frame))
    known_boxes = _stack([box for box, _ in known])
    largest = max((float(np.prod(box[2:4] - box[:2])) for box in found), default=0.0)
    rows: list[Box] = []
    for box in found:
        if np.prod(box[2:4] - box[:2]) < minor * largest:
            continue
        overlap = iou(box, known_boxes)
        last = known[int(overlap.argmax())][1] if len(overlap) and overlap.max() > SAME else None
        landmarks = find_landmarks(tracked.frame.source, box[:4], mesh, last)
        if landmarks is not None:
            tracked.landmarks[len(rows)] = landmarks
            box = np.append(landmarks.box, box[4]).astype(np.float32)
        rows.append(box)
    tracked.detections = _stack(rows)


def _followed(tracked: TrackedFrame, mesh: Mesh, known: list[tuple[Box, Landmarks]]) -> bool:
    """Follow the known faces; return whether all of them were found."""
    rows: list[Box] = []
    for box, last in known:
        landmarks = find_landmarks(tracked.frame.source, last.box, mesh, last)
        if landmarks is None:
            tracked.landmarks.clear()
            return False
        tracked.landmarks[len(rows)] = landmarks
        rows.append(np.append(landmarks.box, box[4]).astype(np.float32))
    tracked.detections = _stack(rows)
    return True


def detect_by_mesh(
    frames: Iterable[Frame], detector: Detector, mesh: Mesh, minor: float = MINOR
) -> Iterator[TrackedFrame]:
    """Find the faces of every frame by the mesh, and by the detector if no face is known.

    The detector runs on the first frame of a shot, where a face is lost, every `SEARCH_INTERVAL`
    frames, and, while no face is known, every `IDLE_INTERVAL` frames.

    Args:
        frames: of one video.
        detector: finds the faces.
        mesh: follows them.
        minor: share of the largest face's area; smaller faces are left out.

    Yields:
        The frames in order, with shot, detections and their landmarks. A face that the mesh does not
        fit has a box only where the detector ran.
    """
    count = ShotCounter()
    known: list[tuple[Box, Landmarks]] = []
    shot, searched = -1, 0
    for frame in frames:
        tracked = TrackedFrame(frame, count(frame.luma_or_bgr))
        if tracked.shot != shot:
            known, shot, searched = [], tracked.shot, frame.index - SEARCH_INTERVAL
        wait = SEARCH_INTERVAL if known else IDLE_INTERVAL
        if frame.index - searched >= wait or (known and not _followed(tracked, mesh, known)):
            _searched(tracked, detector, mesh, known, minor)
            searched = frame.index
        known = [(tracked.detections[row], found) for row, found in tracked.landmarks.items()]
        yield tracked
