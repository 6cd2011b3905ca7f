"""The mouth region, defined once, and its motion.

All functions take face crops (T,S,S,3) uint8 BGR in the published S3FD convention: mid-forehead at
the top edge, chin at the bottom one.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

LUMA_BGR = np.array([0.114, 0.587, 0.299], np.float32)  # ITU-R BT.601
SIZE = 96  # px, at which motion is measured
CELLS = 12  # a side of the mouth, each 4 px: their means hold little of a codec's noise
HEAD = (slice(8, 96), slice(14, 82))  # rows and columns by which the head is followed
SMOOTH = 1.0  # px, of the pictures that are laid upon one another
TURNS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)

Grey = NDArray[np.float32]


def mouth_box(height: int, width: int) -> tuple[int, int, int, int]:
    """Rows and columns (top, bottom, left, right): the lower half, its middle half across.

    The outer quarters show cheeks' edges, hair and background, which say nothing about lips.
    """
    return height // 2, height, width // 4, width - width // 4


def mouth_region(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (T,H,W,3) -> (T,H/2,W/2,3), a view; ValueError for anything but uint8 crops."""
    if faces.ndim != 4 or faces.shape[-1] != 3 or faces.dtype != np.uint8:
        raise ValueError(f"faces must be (T,H,W,3) uint8, not {faces.shape} {faces.dtype}")
    top, bottom, left, right = mouth_box(*faces.shape[1:3])
    return faces[:, top:bottom, left:right]


def mouth_luma(faces: NDArray[np.uint8]) -> Grey:
    """Crops (T,H,W,3) -> (T,H/2,W/2) grey levels 0-255 of the mouth region."""
    return np.asarray(mouth_region(faces).astype(np.float32) @ LUMA_BGR)


def _laid_upon(one: Grey, other: Grey, mask: NDArray[np.uint8]) -> Grey | None:
    """`other` (96,96) moved and turned until its face lies on that of `one`; None where it cannot.

    Source: Evangelidis & Psarakis, "Parametric image alignment using enhanced correlation
    coefficient maximization" (2008), of a rigid motion.
    """
    below, above = (cv2.GaussianBlur(picture, (0, 0), SMOOTH) for picture in (one, other))
    motion = np.eye(2, 3, dtype=np.float32)
    try:
        _, motion = cv2.findTransformECC(below, above, motion, cv2.MOTION_EUCLIDEAN, TURNS, mask, 1)
    except cv2.error:  # nothing to hold on to, or too far apart
        return None
    moved = cv2.warpAffine(
        other,
        motion,
        (SIZE, SIZE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float32)


def mouth_changes(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(T,H,W,3) -> (T-1,144) change of the mouth's grey levels from frame to frame, the head's undone.

    Every frame is laid upon the one before; what then differs is the mouth's own motion. Cells of
    4 px of a 96 px crop, row by row. NaN where the head cannot be followed, as across a cut.
    """
    grey = [
        cv2.resize(face.astype(np.float32) @ LUMA_BGR, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        for face in faces
    ]
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[HEAD] = 1
    top, bottom, left, right = mouth_box(SIZE, SIZE)
    changes = np.full((max(0, len(faces) - 1), CELLS * CELLS), np.nan)
    for t in range(len(changes)):
        moved = _laid_upon(grey[t], grey[t + 1], mask)
        if moved is not None:
            change = (moved - grey[t])[top:bottom, left:right]
            changes[t] = cv2.resize(change, (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel()
    return changes
