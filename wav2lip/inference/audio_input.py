"""The audio that a face speaks: a file, or an array, which becomes a temporary WAV file."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.audio import read_mono
from wav2lip.media.mel_reader import MelReader
from wav2lip.media.pcm import check_samples, temporary_wav, to_pcm
from wav2lip.types import N_MELS, PathLike, Wav

log = logging.getLogger(__name__)

Audio: TypeAlias = PathLike | Wav


def check_audio(audio: Audio, sample_rate: int | None) -> None:
    """Check that `audio` is a path, or an array with its sample rate.

    Raises:
        InputError: it is neither, it is empty, or it contains NaN or infinity.
    """
    if isinstance(audio, str | os.PathLike):
        if sample_rate is not None:
            raise InputError(f"{audio}: sample_rate is for arrays; leave it out for a file")
        return
    if not isinstance(audio, np.ndarray) or audio.ndim != 1 or audio.dtype.kind != "f":
        kind = f"{getattr(audio, 'dtype', type(audio).__name__)} {np.shape(audio)}"
        raise InputError(f"audio: must be a float array (N,) of one channel in [-1, 1], not {kind}")
    if sample_rate is None or sample_rate < 1:
        raise InputError(f"audio: give the sample_rate of the array in Hz (not {sample_rate})")
    if not audio.size:
        raise InputError("audio: contains no sample; pass at least one")
    try:
        check_samples(audio)
    except InputError as error:
        raise InputError(f"audio: {error}") from error


@contextmanager
def audio_file(audio: Audio, sample_rate: int | None) -> Iterator[PathLike]:
    """Provide `audio` as a file. An array becomes a 16-bit WAV file, deleted at the end.

    The mel and the output read the file in blocks, so that arrays and files take the same path.
    """
    if not isinstance(audio, np.ndarray):
        yield audio
        return
    assert sample_rate is not None
    with temporary_wav(to_pcm(audio), sample_rate) as path:
        yield path


def read_mel(
    path: PathLike,
    name: str,
    mute_pauses: bool,
    warnings: list[str],
    *,
    denoise: bool = False,
    warn_voiceless: bool = True,
    channels: int = N_MELS,
) -> MelReader:
    """Open the mel of an audio file.

    Args:
        path: the file.
        name: of the audio in a warning.
        mute_pauses: fade pauses to silence.
        warnings: receives one line per kind of damage, and one if there is no voice.
        denoise: compute the mel from audio without noise.
        warn_voiceless: whether audio without voice is worth a warning.
        channels: see `MelReader`.
    """
    mel = MelReader(partial(read_mono, path, problems=warnings), mute_pauses, denoise, channels)
    if mel.voiceless and warn_voiceless:
        warnings.append(
            f"{name}: no voice found, so the mouth stays still; "
            "turn off mute_pauses (--no_mute_pauses) to let every sound move it"
        )
        log.warning("%s", warnings[-1])
    return mel
