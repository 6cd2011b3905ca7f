"""Check the sound that is pushed into a session."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.pcm import check_samples, from_pcm
from wav2lip.types import Pcm, Wav


def read_samples(samples: Wav | Pcm) -> Wav:
    """Return samples (N,) as float.

    Args:
        samples: (N,) mono, float in [-1, 1] or int16.

    Raises:
        ValueError: `samples` is not one-dimensional.
        InputError: they contain NaN, infinity or values far beyond full scale.
    """
    array: NDArray[Any] = np.asarray(samples)
    return check_samples(from_pcm(array) if array.dtype == np.int16 else array)
