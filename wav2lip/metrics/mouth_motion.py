"""Motion of the mouth, with that of the head removed.

All functions take face crops (T,H,W,3) uint8 BGR in the box convention of S3FD: mid-forehead at the top
edge, chin at the bottom edge.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.regions import MOUTH
from wav2lip.types import LUMA_BGR, Image

SIZE = 96  # px, side at which motion is measured
CELLS = 12  # cells per side of the mouth, each 4 px: their means hold little codec noise
HEAD = (slice(8, 96), slice(14, 82))  # rows and columns that the alignment of the head uses
BLUR = 1.0  # px, sigma of the pictures that are aligned
STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 1e-4)

Grey = NDArray[np.float32]  # (H, W) or (T, H, W), 0-255


def mouth_region(faces: Image) -> Image:
    """Cut the mouth region `wav2lip.regions.MOUTH` of crops, (T,H,W,3) -> (T,H/2,W/2,3), as a view.

    Raises:
        ValueError: `faces` is anything but uint8 crops.
    """
    if faces.ndim != 4 or faces.shape[-1] != 3 or faces.dtype != np.uint8:
        raise ValueError(f"faces must be (T,H,W,3) uint8, not {faces.shape} {faces.dtype}")
    rows, columns = MOUTH.slices(*faces.shape[1:3])
    return faces[:, rows, columns]


def mouth_luma(faces: Image) -> Grey:
    """Grey levels 0-255 of the mouth region, (T,H,W,3) -> (T,H/2,W/2)."""
    return np.asarray(mouth_region(faces).astype(np.float32) @ LUMA_BGR)


def _align(reference: Grey, moving: Grey, mask: NDArray[np.uint8]) -> Grey | None:
    """Move and turn `moving` (96,96) so that its head lies on that of `reference`; None if that fails.

    Source: Evangelidis & Psarakis, "Parametric image alignment using enhanced correlation coefficient
    maximization" (2008), with a rigid motion.
    """
    one, other = (cv2.GaussianBlur(picture, (0, 0), BLUR) for picture in (reference, moving))
    motion = np.eye(2, 3, dtype=np.float32)
    try:
        _, motion = cv2.findTransformECC(one, other, motion, cv2.MOTION_EUCLIDEAN, STOP, mask, 1)
    except cv2.error:  # no structure to align, or too far apart
        return None
    moved = cv2.warpAffine(
        moving,
        motion,
        (SIZE, SIZE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float32)


def mouth_changes(faces: Image) -> NDArray[np.float64]:
    """Change of the mouth's grey levels from frame to frame, after aligning the head.

    Args:
        faces: (T,H,W,3) face crops of consecutive frames.

    Returns:
        (T-1,144) grey levels in 12 x 12 cells of 4 px of a 96 px crop, row by row. NaN if the head cannot be
        aligned, as across a cut.
    """
    grey = [
        cv2.resize(face.astype(np.float32) @ LUMA_BGR, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        for face in faces
    ]
    mask = np.zeros((SIZE, SIZE), np.uint8)
    mask[HEAD] = 1
    mouth = MOUTH.slices(SIZE)
    changes = np.full((max(0, len(faces) - 1), CELLS * CELLS), np.nan)
    for t in range(len(changes)):
        moved = _align(grey[t], grey[t + 1], mask)
        if moved is not None:
            change = (moved - grey[t])[mouth]
            changes[t] = cv2.resize(change, (CELLS, CELLS), interpolation=cv2.INTER_AREA).ravel()
    return changes
