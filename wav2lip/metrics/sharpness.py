"""Sharpness of the mouth against the source. Training on L1 alone blurs it."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.types import Image


def sharpness(faces: Image) -> NDArray[np.float64]:
    """Variance of the Laplacian over the mouth region of each frame, (T,H,W,3) -> (T,).

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000).
    """
    grey = mouth_luma(faces).astype(np.float64)
    centre = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray((around - 4 * centre).var((1, 2)))


def sharpness_ratio(generated: Image, source: Image) -> float:
    """Mean sharpness of one clip over that of its source.

    Args:
        generated: (T,H,W,3) face crops.
        source: (T',H,W,3) face crops.

    Returns:
        1: as sharp as the source; below 1: blurred; above 1: noisy or over-sharpened. NaN if the mouth of the
        source has no detail.

    Raises:
        ValueError: the crops differ in size, on which sharpness depends.
    """
    if generated.shape[1:] != source.shape[1:]:
        raise ValueError(f"crops differ in size: {generated.shape[1:]} and {source.shape[1:]}")
    reference = float(sharpness(source).mean())
    return float(sharpness(generated).mean()) / reference if reference > 0 else float("nan")
