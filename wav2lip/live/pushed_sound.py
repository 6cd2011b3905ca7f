"""Check the sound that is pushed into a session."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.pcm import check_samples, from_pcm
from wav2lip.media.rules import MAX_LEVEL
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
    wav = check_samples(from_pcm(array) if array.dtype == np.int16 else array)
    if len(wav) and np.abs(wav).max() > MAX_LEVEL:
        raise InputError(
            f"the sound has values up to {np.abs(wav).max():.0e}, full scale is 1; scale it"
        )
    return wav
