"""The network behind the features of speech: the first layers of the encoder of a pretrained speech recogniser.

The network is the first three layers of the encoder of Moonshine tiny, a speech recogniser for English (Moonshine AI,
MIT), written to `wav2lip/assets` by `benchmarks/convert_speech_encoder.py`. It was trained on far more voices than
there are clips of talking faces.

Its attention reads all that it is given, so it runs on windows of 0.75 s, of which two tokens are kept. The next window
begins two tokens later and shares most of its sound. So the first two convolutions, a third of the work, are computed
once for each block of sound: without the normalisation between them, which depends on the whole window. The second is
linear, and the normalisation is applied to its result instead.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Mel, Wav
from wav2lip.utils.onnx import open_session

ASSETS = Path(__file__).parents[1] / "assets"
CONVOLUTIONS, LAYERS = ASSETS / "speech_convolutions.onnx", ASSETS / "speech_encoder.onnx"

# The convolutions before the first layer: kernels 127, 7 and 3 at strides 64, 3 and 2.
TOKEN = 384  # samples from one token to the next, 24 ms
FIELD = 895  # samples that a token is computed from
CENTRE = FIELD // 2  # sample of a token that is its time

# Tokens of a window: those before and after the ones that are kept give them context.
BEFORE, KEPT, AFTER = 25, 2, 3
WINDOW = (BEFORE + KEPT + AFTER - 1) * TOKEN + FIELD  # samples

# A block yields the steps of the first two convolutions that a window has and the one before it has not.
STEP = KEPT * TOKEN  # samples from one window or block to the next
FIRST, SECOND = 12, 4  # steps of the two convolutions in `STEP` samples
BLOCK = 64 * (FIRST + 3) + 127  # samples that the four steps of the second one are computed from
CONVOLVED = 2 * (BEFORE + KEPT + AFTER) + 1  # steps of the second convolution in a window
BLOCKS = 1 + CONVOLVED // SECOND  # of a window; of the first one only its last step is part of it
ACTIVATIONS = 3 * CONVOLVED + 4  # steps of the first convolution in a window
CHANNELS = 288  # of the first convolution
EPSILON = 1e-5  # of the normalisation


class Convolved(NamedTuple):
    """What is computed once of a block of sound.

    Attributes:
        moved: (576, 4) the second convolution of the activations that are not normalised.
        sums, squares: (16,) sum over the channels of the activations of the first one, and of their squares.
    """

    moved: NDArray[np.float32]
    sums: NDArray[np.float32]
    squares: NDArray[np.float32]


@lru_cache(maxsize=1)
def _convolutions() -> Any:
    """Load the first two convolutions."""
    return open_session(CONVOLUTIONS)


@lru_cache(maxsize=1)
def _layers() -> Any:
    """Load what follows them."""
    return open_session(LAYERS)


def convolve(samples: Wav) -> Convolved:
    """Compute the first two convolutions of a block.

    Args:
        samples: (`BLOCK`,) float at 16 kHz; the last ones end a window.
    """
    return _convolve(samples) if samples.any() else _silence()


def _convolve(samples: Wav) -> Convolved:
    return Convolved(*(found[0] for found in _convolutions().run(None, {"samples": samples[None]})))


@lru_cache(maxsize=1)
def _silence() -> Convolved:
    """Compute the block of digital silence, once."""
    return _convolve(np.zeros(BLOCK, np.float32))


def encode(blocks: Sequence[Convolved]) -> Mel:
    """Compute the kept tokens of a window.

    Args:
        blocks: the `BLOCKS` consecutive ones that end with the window.

    Returns:
        (2, 288) float32. Those of digital silence are computed once.
    """
    before = ACTIVATIONS - FIRST * (BLOCKS - 1)
    squares = np.concatenate(
        [blocks[0].squares[-before:], *(b.squares[-FIRST:] for b in blocks[1:])]
    )
    if not squares.any():
        return silent_tokens()
    sums = np.concatenate([blocks[0].sums[-before:], *(b.sums[-FIRST:] for b in blocks[1:])])
    moved = np.concatenate([blocks[0].moved[:, -1:], *(b.moved for b in blocks[1:])], axis=1)
    return _encode(moved, sums, squares)


def _encode(
    moved: NDArray[np.float32], sums: NDArray[np.float32], squares: NDArray[np.float32]
) -> Mel:
    number = ACTIVATIONS * CHANNELS
    mean = sums.sum(dtype=np.float64) / number
    variance = max(0.0, squares.sum(dtype=np.float64) / number - mean**2)
    scale = 1 / np.sqrt(variance + EPSILON)
    inputs = {
        "moved": moved[None],
        "mean": np.array([mean], np.float32),
        "scale": np.array([scale], np.float32),
    }
    (tokens,) = _layers().run(None, inputs)
    kept: Mel = tokens[0]
    return kept


@lru_cache(maxsize=1)
def silent_tokens() -> Mel:
    """Return the kept tokens (2, 288) of digital silence."""
    silence = np.zeros(ACTIVATIONS, np.float32)
    return _encode(np.zeros((576, CONVOLVED), np.float32), silence, silence)
