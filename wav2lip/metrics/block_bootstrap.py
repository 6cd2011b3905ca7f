"""Bootstrap over stretches of time, where there are too few clips to resample clips.

Source: Künsch, "The Jackknife and the Bootstrap for General Stationary Observations" (Annals of Statistics 17, 1989):
neighbours in time depend on each other, so blocks of them are resampled.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import FPS

RESAMPLES = 2_000
BLOCK = FPS  # values of a block, a second


def block_means(
    series: Sequence[NDArray[np.float64]], length: int = BLOCK, seed: int = 0
) -> NDArray[np.float64]:
    """Means over resampled blocks.

    Args:
        series: one per clip, (n,) each, values in order of time; not all empty.
        length: values of a block; the last block of a series may be shorter.
        seed: of the resampling.

    Returns:
        (2000,) means over as many blocks as the series have, drawn with replacement.

    Examples:
        >>> means = block_means([np.repeat([0.0, 1.0], 25)])
        >>> np.unique(means).tolist()
        [0.0, 0.5, 1.0]
    """
    blocks = [part for one in series for part in np.split(one, range(length, len(one), length))]
    sums = np.array([part.sum() for part in blocks])
    sizes = np.array([len(part) for part in blocks])
    drawn = np.random.default_rng(seed).integers(0, len(blocks), (RESAMPLES, len(blocks)))
    return np.asarray(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), np.float64)
