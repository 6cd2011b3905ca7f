"""Mouth sharpness against the source: the first thing a generator trained on L1 loses."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.clip_values import ClipMean
from wav2lip.metrics.mouth_motion import mouth_luma


def sharpness(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Crops (T,H,W,3) -> (T,) variance of the Laplacian over the mouth region.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (2000).
    """
    grey = mouth_luma(faces).astype(np.float64)
    centre = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray((around - 4 * centre).var((1, 2)))


def sharpness_ratio(generated: NDArray[np.uint8], source: NDArray[np.uint8]) -> float:
    """Mean sharpness of `generated` (T,H,W,3) over that of `source` (T',H,W,3), of equal H and W.

    1 as sharp as the source, below 1 blurred, above 1 noisy or over-sharpened. NaN when the
    source's mouth has no detail at all. Raises ValueError for unequal sizes: scale moves sharpness.
    """
    if generated.shape[1:] != source.shape[1:]:
        raise ValueError(f"crops differ in size: {generated.shape[1:]} and {source.shape[1:]}")
    reference = float(sharpness(source).mean())
    return float(sharpness(generated).mean()) / reference if reference > 0 else float("nan")


class SharpnessRatio(ClipMean):
    """Mean sharpness ratio over clips."""

    def update(self, generated: NDArray[np.uint8], source: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 of both."""
        self.add(sharpness_ratio(generated, source))
