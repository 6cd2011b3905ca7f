"""What was found in each frame of a run, for frames that are shown again."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.face_rows import BARE, ROW, faces_from_rows, faces_to_rows
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.types import Boxes
from wav2lip.utils.spool import Spool

COUNTS = np.dtype("<i8")  # shot, faces, hidden points, detections
BOXES, POINTS = np.dtype(("<f4", 5)), np.dtype(("<f4", 2))


class FaceRecords:
    """Shot, faces and detections by the index of their frame, kept on the disk.

    Args:
        landmarks: whether the faces keep their landmarks.
    """

    def __init__(self, landmarks: bool) -> None:
        self._landmarks, self._spool = landmarks, Spool()
        self._known: dict[int, tuple[int, int]] = {}  # frame index -> place and size

    def add(self, found: TrackedFrame) -> None:
        """Keep what was found in a frame."""
        rows, hidden = faces_to_rows(found.faces, landmarks=self._landmarks)
        counts = np.array([found.shot, len(rows), len(hidden), len(found.detections)], COUNTS)
        detections = np.asarray(found.detections, np.float32)
        record = b"".join(part.tobytes() for part in (counts, rows, hidden, detections))
        self._known[found.frame.index] = self._spool.add(record), len(record)

    def get(self, index: int) -> tuple[int, list[TrackedFace], Boxes]:
        """Return the shot, the faces and the detections (N, 5) of a frame.

        Raises:
            KeyError: the frame was not added.
        """
        record = self._spool.read(*self._known[index])
        shot, *sizes = np.frombuffer(record, COUNTS, 4).tolist()
        parts: list[NDArray[Any]] = []
        place = 4 * COUNTS.itemsize
        for kind, size in zip(
            (ROW if self._landmarks else BARE, POINTS, BOXES), sizes, strict=True
        ):
            parts.append(np.frombuffer(record, kind, size, place).copy())
            place += kind.itemsize * size
        rows, hidden, detections = parts
        return shot, faces_from_rows(rows, hidden), detections
