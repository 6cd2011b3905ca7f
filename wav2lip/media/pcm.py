"""Conversion between float audio and 16-bit PCM, and WAV files of it."""

import wave
from pathlib import Path

import numpy as np

from wav2lip.types import SAMPLE_RATE, Pcm, Wav

FULL_SCALE = 32_768  # PCM value of 1.0


def to_pcm(wav: Wav) -> Pcm:
    """Convert float audio (N,) in [-1, 1] to int16 (N,), rounded and clipped."""
    return np.clip(np.rint(wav * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def from_pcm(pcm: Pcm) -> Wav:
    """Convert int16 audio (N,) to float32 (N,) in [-1, 1)."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def write_wav(path: Path, pcm: Pcm, sample_rate: int = SAMPLE_RATE) -> None:
    """Write int16 mono audio (N,) as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, sample_rate, 0, "NONE", ""))
        file.writeframes(pcm.astype("<i2").tobytes())
