"""Voice activity: how likely each 32 ms of a sound contain a voice.

The network is silero-vad 6.2.3 of the Silero Team (MIT), `wav2lip/assets/silero_vad.onnx`. It reads 512
samples at a time and carries its state from one block to the next, so it needs no sound beyond the
block. Music, steady noise and breath are no voice to it.
"""

from array import array
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.pcm import check_samples
from wav2lip.types import SAMPLE_RATE, Wav
from wav2lip.utils.onnx import open_session

Probabilities = NDArray[np.float32]

MODEL = Path(__file__).parents[1] / "assets" / "silero_vad.onnx"

BLOCK = 512  # samples of one probability
CONTEXT = 64  # samples before a block that the network sees too
STATE = (1, 1, 128)  # shape of either half of the network's state
MOST_BLOCKS = 512  # per call of the network, 16 s; more would only take memory

# The network misses quiet and distant voices. A sound whose loud blocks are below a level is amplified.
LOUD = -15.0  # dB of full scale, RMS of a block
MAX_GAIN = 40.0  # dB
RECOVERY = 3.0  # dB per second by which the loud level falls while nothing is loud
SILENT_POWER = 1e-12


@lru_cache(maxsize=1)
def _session() -> Any:
    """Load the network."""
    return open_session(MODEL)


class VoiceActivity:
    """Compute the probabilities of voice of a sound that arrives in pieces, as in a live stream.

    A probability depends on the sound up to the end of its block alone. However the sound is divided,
    the probabilities are equal to the bit.

    Args:
        sample_rate: of the sound, in Hz. Only 16 kHz is supported.

    Raises:
        InputError: `sample_rate` is another one.

    Examples:
        >>> import numpy as np
        >>> activity = VoiceActivity()
        >>> activity.push(np.zeros(1000, np.float32)).shape
        (1,)
        >>> activity.push(np.zeros(600, np.float32)).shape
        (2,)
        >>> activity.finish().shape
        (1,)
    """

    def __init__(self, sample_rate: int = SAMPLE_RATE) -> None:
        if sample_rate != SAMPLE_RATE:
            raise InputError(
                f"voice activity requires {SAMPLE_RATE} Hz, not {sample_rate}; resample the sound"
            )
        self._clear()

    def _clear(self) -> None:
        self._rest = np.zeros(0, np.float32)  # samples of the block that is not yet whole
        self._context = np.zeros(CONTEXT, np.float32)
        self._hidden, self._cell = np.zeros(STATE, np.float32), np.zeros(STATE, np.float32)
        self._blocks = 0  # number of blocks so far
        self._loud = -np.inf  # loud level in dB, raised by what it has lost since block 0

    def push(self, samples: Wav) -> Probabilities:
        """Continue with the next samples.

        Args:
            samples: (N,) float mono at 16 kHz; N may be 0.

        Returns:
            One probability in [0, 1] per block of 512 samples that is now whole.

        Raises:
            ValueError: `samples` is not one-dimensional.
            InputError: `samples` contains NaN or infinity.
        """
        wav = check_samples(samples)
        wav = np.concatenate([self._rest, wav])
        count = len(wav) // BLOCK
        self._rest = wav[count * BLOCK :]
        blocks = wav[: count * BLOCK].reshape(count, BLOCK)
        parts = [self._run(blocks[at : at + MOST_BLOCKS]) for at in range(0, count, MOST_BLOCKS)]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)

    def finish(self) -> Probabilities:
        """End the sound; the object is ready for another one.

        Returns:
            The probability of the last block, completed with silence: (1,), or (0,) if it was whole.
        """
        missing = -len(self._rest) % BLOCK
        last = self.push(np.zeros(missing, np.float32))
        self._clear()
        return last

    def _run(self, blocks: Wav) -> Probabilities:
        """Run the network on blocks (n, 512), n > 0."""
        contexts = np.concatenate([self._context[None], blocks[:-1, -CONTEXT:]])
        self._context = blocks[-1, -CONTEXT:].copy()
        inputs = np.concatenate([contexts, blocks], axis=1) * self._gains(blocks)[:, None]
        found, self._hidden, self._cell = _session().run(
            ["speech_probs", "hn", "cn"], {"input": inputs, "h": self._hidden, "c": self._cell}
        )
        return np.asarray(found, np.float32)

    def _gains(self, blocks: Wav) -> NDArray[np.float32]:
        """Factors (n,) that raise the loud level of the sound so far to `LOUD`."""
        power = np.square(blocks, dtype=np.float64).mean(axis=1)
        numbers = self._blocks + np.arange(len(blocks))
        lost = numbers * (RECOVERY * BLOCK / SAMPLE_RATE)
        levels = 10 * np.log10(np.maximum(power, SILENT_POWER)) + lost
        raised = np.maximum(np.maximum.accumulate(levels), self._loud)
        self._blocks, self._loud = self._blocks + len(blocks), raised[-1]
        gains = np.clip(LOUD - (raised - lost), 0.0, MAX_GAIN)
        return np.asarray(10 ** (gains / 20), np.float32)


def voice_activity(pieces: Iterable[Wav], sample_rate: int = SAMPLE_RATE) -> Probabilities:
    """Compute the probabilities of voice of a whole sound, in blocks.

    Args:
        pieces: consecutive samples, each (N,) float mono, of any length.
        sample_rate: in Hz; must be 16,000.

    Returns:
        (B,) probabilities, one per 512 samples; the last block is completed with silence. Equal to
        those of `VoiceActivity`.

    Raises:
        InputError: as `VoiceActivity`.
    """
    activity = VoiceActivity(sample_rate)
    found = array("f")
    for piece in pieces:
        found.frombytes(activity.push(piece).tobytes())
    found.frombytes(activity.finish().tobytes())
    return np.frombuffer(found, np.float32)
