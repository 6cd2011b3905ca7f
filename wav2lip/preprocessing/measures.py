"""Quality of a clip for the manifest, so that training can filter clips by it."""

import cv2
import numpy as np

from wav2lip.types import Image, Wav

SHARPNESS_SIZE = 96  # px; one size makes the sharpness of clips comparable
MIN_LEVEL = 1e-5  # root mean square of silence: -100 dBFS


def lower_half_sharpness(crop: Image) -> float:
    """Compute the variance of the Laplacian of the lower half of a crop (S, S, 3) at 96 px."""
    grey = cv2.cvtColor(cv2.resize(crop, (SHARPNESS_SIZE, SHARPNESS_SIZE)), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(grey[SHARPNESS_SIZE // 2 :], cv2.CV_64F).var())


def loudness(wav: Wav) -> float:
    """Compute the root mean square level of audio (N,) in dBFS; -100 for silence."""
    level = float(np.sqrt(np.mean(wav**2))) if len(wav) else 0.0
    return float(20 * np.log10(max(MIN_LEVEL, level)))
