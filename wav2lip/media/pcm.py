"""Conversion between float audio and 16-bit PCM, and WAV files of it."""

import tempfile
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.rules import MAX_LEVEL
from wav2lip.types import SAMPLE_RATE, Pcm, Wav
from wav2lip.utils.files import AtomicFile
from wav2lip.utils.partials import temporary_file
from wav2lip.utils.write_errors import report_as

FULL_SCALE = 32_768  # PCM value of 1.0


def check_samples(samples: Wav) -> Wav:
    """Check audio that a caller passes as an array.

    Args:
        samples: (N,) float mono.

    Returns:
        The samples as float32.

    Raises:
        ValueError: `samples` is not one-dimensional.
        InputError: `samples` contains NaN, infinity, or values far beyond full scale.
    """
    wav = np.asarray(samples, np.float32)
    if wav.ndim != 1:
        raise ValueError(f"samples must be mono (N,), not {wav.shape}")
    if not np.isfinite(wav).all():
        raise InputError("the sound contains NaN or infinity; replace these samples")
    peak = float(np.abs(wav).max(initial=0))
    if peak > MAX_LEVEL:
        raise InputError(
            f"the sound has values up to {peak:.0e}, full scale is 1; divide 16-bit samples by {FULL_SCALE}"
        )
    return wav


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


@contextmanager
def temporary_wav(pcm: Pcm, sample_rate: int = SAMPLE_RATE) -> Iterator[Path]:
    """Provide mono audio as a WAV file, deleted at the end.

    Args:
        pcm: (N,) int16.
        sample_rate: Hz.

    Yields:
        The path of the file.

    Raises:
        OutputError: the folder for temporary files is full or not writable.
    """
    with ExitStack() as stack:
        with report_as(Path(tempfile.gettempdir())):
            path, data = stack.enter_context(temporary_file("audio.wav"))
            with wave.open(data, "wb") as file:
                file.setparams((1, 2, sample_rate, 0, "NONE", ""))
                file.writeframes(pcm.astype("<i2").tobytes())
            data.flush()
        yield path
