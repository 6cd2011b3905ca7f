"""Faces as plain arrays, to be kept or stored without code that runs when they are read."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace
from wav2lip.types import LANDMARKS

# One face; what it lacks is NaN.
FIELDS = [
    ("track", "<i8"),
    ("box", "<f4", 4),
    ("aligned", "<f8", 5),  # x, y, width, height, roll
    ("masked", "?"),
    ("outline", "<f4", (34, 2)),
    ("mask", "<f8", 2),  # unit, weight
    ("flags", "?", 3),  # turned, covered, whether points are hidden
    ("hidden", "<i8"),  # their number
]
MESH = [("points", "<f4", (LANDMARKS, 3)), ("presence", "<f8")]
BARE, ROW = np.dtype(FIELDS), np.dtype(FIELDS + MESH)  # without and with landmarks

Rows = NDArray[np.void]
Hidden = NDArray[np.float32]  # (M, 2) those of all faces, one after the other


def _fill(row: Any, face: TrackedFace) -> None:
    mask, crop, landmarks = face.mask or FaceMask(), face.aligned, face.landmarks
    row["track"], row["box"] = face.track, face.box
    row["aligned"] = (
        np.nan if crop is None else (crop.x, crop.y, crop.width, crop.height, crop.roll)
    )
    row["masked"] = face.mask is not None
    row["outline"] = np.nan if mask.outline is None else mask.outline
    row["mask"] = mask.unit, mask.weight
    row["flags"] = mask.turned, mask.covered, mask.hidden is not None
    row["hidden"] = 0 if mask.hidden is None else len(mask.hidden)
    if "points" in row.dtype.names:
        row["points"] = np.nan if landmarks is None else landmarks.points
        row["presence"] = 0.0 if landmarks is None else landmarks.presence


def faces_to_rows(faces: Sequence[TrackedFace], *, landmarks: bool = True) -> tuple[Rows, Hidden]:
    """Store faces.

    Args:
        faces: N faces.
        landmarks: whether to store their landmarks, the largest part.

    Returns:
        (N,) of `ROW`, or of `BARE` without landmarks; and the hidden points of their masks.
    """
    rows = np.zeros(len(faces), ROW if landmarks else BARE)
    for row, face in zip(rows, faces, strict=True):
        _fill(row, face)
    hidden = [face.mask.hidden for face in faces if face.mask and face.mask.hidden is not None]
    return rows, np.concatenate([np.zeros((0, 2), np.float32), *hidden]).astype(np.float32)


def faces_from_rows(rows: Rows, hidden: Hidden) -> list[TrackedFace]:
    """Restore what `faces_to_rows` has stored.

    Raises:
        ValueError: the two do not fit.
    """
    counts = rows["hidden"]
    if counts.sum() != len(hidden) or (counts < 0).any():
        raise ValueError("hidden points and faces do not fit")
    parts = np.split(hidden, np.cumsum(counts)[:-1])
    return [_face(row, part) for row, part in zip(rows, parts, strict=False)]  # one part for no row


def _face(row: Any, hidden: Hidden) -> TrackedFace:
    unit, weight = row["mask"].tolist()
    turned, covered, hides = row["flags"].tolist()
    aligned, outline = row["aligned"], row["outline"]
    mask = FaceMask(
        None if np.isnan(outline).any() else outline,
        unit,
        weight,
        turned,
        hidden if hides else None,
        covered,
    )
    landmarks = None
    if "points" in row.dtype.names and not np.isnan(row["points"]).any():
        landmarks = Landmarks(row["points"], float(row["presence"]))
    return TrackedFace(
        int(row["track"]),
        row["box"],
        landmarks,
        None if np.isnan(aligned).any() else Crop(*aligned.tolist()),
        mask if row["masked"] else None,
    )
