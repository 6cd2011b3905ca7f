"""LipLeak and SILENT: how often the mouth is open while the sound is silent.

Sources: KeySync (arXiv 2505.00497), sec. 4.2 and app. C, for LipLeak, its threshold and its curve; HighSync for SILENT.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.mouth_shape import Series

OPEN_MAR = 0.25  # of KeySync, chosen there by eye
THRESHOLDS = tuple(float(value) for value in np.linspace(0.0, 0.6, 25))


def lip_leak(mar: Series, threshold: float = OPEN_MAR) -> float:
    """Share of frames with an open mouth in a video that was generated for silence.

    Args:
        mar: (F,) `MouthShape.mar`; NaN for a frame without a mesh, which does not count.
        threshold: mouth aspect ratio above which a mouth is open.

    Returns:
        0 to 1, lower is better; NaN without a mesh.
    """
    known = mar[np.isfinite(mar)]
    return float((known > threshold).mean()) if len(known) else float("nan")


def lip_leak_curve(mar: Series, thresholds: Sequence[float] = THRESHOLDS) -> NDArray[np.float64]:
    """`lip_leak` at every threshold -> (len(thresholds),); it never rises with the threshold."""
    return np.array([lip_leak(mar, threshold) for threshold in thresholds])


def closed_share(mar: Series, threshold: float = OPEN_MAR) -> float:
    """SILENT: share of frames with closed lips, 1 - `lip_leak`; its paper states no threshold."""
    return 1 - lip_leak(mar, threshold)
