"""What the manifest says about a clip's quality, so that later choices can filter by it."""

import cv2
import numpy as np
import numpy.typing as npt

SHARPNESS_SIZE = 96  # px, so that sharpness compares between clips of any size
QUIETEST = 1e-5  # root mean square that counts as silence: -100 dBFS


def lower_half_sharpness(crop: npt.NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of the lower half of a crop (S, S, 3), at a fixed size."""
    grey = cv2.cvtColor(cv2.resize(crop, (SHARPNESS_SIZE, SHARPNESS_SIZE)), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey[SHARPNESS_SIZE // 2 :], cv2.CV_64F).var())


def loudness(wav: npt.NDArray[np.float32]) -> float:
    """Root mean square level of (N,) samples in dBFS, -100 for silence."""
    level = float(np.sqrt(np.mean(wav**2))) if len(wav) else 0.0
    return float(20 * np.log10(max(QUIETEST, level)))
