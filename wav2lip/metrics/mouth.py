"""The mouth region, defined once, and its motion.

All functions take face crops (T,S,S,3) uint8 BGR in the published S3FD convention: mid-forehead at
the top edge, chin at the bottom one.
"""

import numpy as np
from numpy.typing import NDArray

LUMA_BGR = np.array([0.114, 0.587, 0.299], np.float32)  # ITU-R BT.601


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


def mouth_luma(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Crops (T,H,W,3) -> (T,H/2,W/2) grey levels 0-255 of the mouth region."""
    return np.asarray(mouth_region(faces).astype(np.float32) @ LUMA_BGR)


def mouth_motion(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(T,H,W,3) -> (T-1,) mean absolute change of the mouth's grey levels between frames."""
    luma = mouth_luma(faces)
    return np.asarray(np.abs(np.diff(luma, axis=0)).mean((1, 2), dtype=np.float64))
