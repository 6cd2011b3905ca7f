"""Conversion between float audio and 16-bit PCM, and WAV files of it."""

import wave
from pathlib import Path

import numpy as np

from wav2lip.types import SAMPLE_RATE, Pcm, Wav
from wav2lip.utils.files import AtomicFile

FULL_SCALE = 32_768  # PCM value of 1.0


def to_pcm(wav: Wav) -> Pcm:
    """Convert float audio to 16-bit PCM.

    Args:
        wav: (N,) float in [-1, 1]; values outside are clipped.

    Returns:
        (N,) int16, rounded.

    Examples:
        >>> import numpy as np
        >>> to_pcm(np.array([-1.0, 0.5], np.float32)).tolist()
        [-32768, 16384]
    """
    return np.clip(np.rint(wav * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def from_pcm(pcm: Pcm) -> Wav:
    """Convert 16-bit PCM to float audio.

    Args:
        pcm: (N,) int16.

    Returns:
        (N,) float32 in [-1, 1).
    """
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def write_wav(path: Path, pcm: Pcm, sample_rate: int = SAMPLE_RATE) -> None:
    """Write a mono WAV file.

    Args:
        path: the file.
        pcm: (N,) int16.
        sample_rate: Hz.
    """
    with AtomicFile(path) as new, wave.open(new.file, "wb") as file:
        file.setparams((1, 2, sample_rate, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())
