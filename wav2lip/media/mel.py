"""The mel spectrogram of the published Wav2Lip, computed in blocks of fixed size.

The filters are librosa's, stored in `wav2lip/assets/mel_filters.npz` by `benchmarks/make_mel_filters.py`: importing
`librosa.filters` takes half a second (numba, scipy.signal), and inference requires nothing else of it.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np

from wav2lip.types import HOP, N_MELS, SILENCE, Mel, Wav
from wav2lip.utils.arrays import read_arrays

FILTERS = Path(__file__).parents[1] / "assets" / "mel_filters.npz"
N_FFT = 800  # samples, also the length of the window
FMIN = 55.0  # Hz
FMAX = 7_600.0  # Hz
PREEMPHASIS = 0.97

FLOOR = 1e-5  # magnitude; -100 dB
REFERENCE_DB = 20.0
MIN_DB = -100.0
MAX_MEL = -SILENCE

# Columns that are multiplied by the filters at once. The product depends, in its last bits, on the width of the matrix
# and on a column's place in it, so that a stream must compute whole groups; larger ones would cost it more.
GROUP = 16
BLOCK = 512  # mel columns, a multiple of `GROUP`
STEP = BLOCK * HOP  # samples from one block to the next
SPAN = STEP + N_FFT - HOP  # samples that one block is computed from


@lru_cache(maxsize=1)
def mel_filters() -> tuple[Mel, Wav]:
    """Slaney mel filters (80, 401) and the periodic Hann window (800,), both float32.

    Raises:
        InputError: the file of the filters is missing or damaged.
    """
    (filters,) = read_arrays(FILTERS, "filters")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    return filters, window.astype(np.float32)


def preemphasize(wav: Wav, previous: np.float32) -> Wav:
    """Apply the first-order high-pass filter to samples (N,) of which `previous` is the one before."""
    emphasized = wav.copy()
    emphasized[1:] -= np.float32(PREEMPHASIS) * wav[:-1]
    emphasized[:1] -= np.float32(PREEMPHASIS) * previous
    return emphasized


def _preemphasized(pieces: Iterable[Wav]) -> Iterator[Wav]:
    """Apply the filter across the borders of consecutive pieces."""
    previous = np.float32(0)
    for piece in pieces:
        wav = np.asarray(piece, np.float32)
        if wav.ndim != 1:
            raise ValueError(f"wav must be mono (N,), not {wav.shape}")
        if wav.size:
            yield preemphasize(wav, previous)
            previous = wav[-1]


def magnitudes(span: Wav) -> Mel:
    """Magnitude spectra (M, 401) of the windows that fit into padded and pre-emphasized samples, one per hop."""
    frames = np.lib.stride_tricks.sliding_window_view(span, N_FFT)[::HOP]
    magnitude: Mel = np.abs(np.fft.rfft(frames * mel_filters()[1], axis=1))
    return magnitude


def scaled_mel(magnitude: Mel) -> Mel:
    """Mel (80, M) in [-4, 4] of magnitude spectra (M, 401); those of a group do not depend on other groups."""
    columns = len(magnitude)
    grouped = np.zeros((-(-columns // GROUP), GROUP, magnitude.shape[1]), np.float32)
    grouped.reshape(-1, magnitude.shape[1])[:columns] = magnitude
    mel = np.stack([mel_filters()[0] @ group.T for group in grouped], axis=1)
    mel = mel.reshape(N_MELS, -1)[:, :columns]
    decibels = 20.0 * np.log10(np.maximum(FLOOR, mel)) - REFERENCE_DB
    scaled = 2.0 * MAX_MEL * (decibels - MIN_DB) / -MIN_DB - MAX_MEL
    return np.clip(scaled, -MAX_MEL, MAX_MEL).astype(np.float32)


def mel_blocks(pieces: Iterable[Wav]) -> Iterator[Mel]:
    """Compute the mel spectrogram of a sound that arrives in pieces.

    Every block is computed from the same samples by the same operations, however the sound is
    divided, so the result equals `mel_spectrogram` of the whole sound bit for bit.

    Args:
        pieces: consecutive samples, each (N,) float mono at 16 kHz, of any length.

    Yields:
        Blocks (80, 512) in order; the last one has 1 to 512 columns.

    Raises:
        ValueError: A piece is not one-dimensional.
    """
    padding = np.zeros(N_FFT // 2, np.float32)
    span = np.zeros(SPAN, np.float32)
    filled, received, done = len(padding), 0, 0  # samples, samples, columns
    for samples in chain(_preemphasized(pieces), [padding]):
        at = 0
        while at < len(samples):
            part = samples[at : at + SPAN - filled]
            span[filled : filled + len(part)] = part
            at, filled = at + len(part), filled + len(part)
            if filled == SPAN:
                yield scaled_mel(magnitudes(span))
                span[: SPAN - STEP] = span[STEP:]
                filled, done = SPAN - STEP, done + BLOCK
        received += len(samples)
    columns = 1 + (received - len(padding)) // HOP
    if columns > done:
        span[filled:] = 0
        yield scaled_mel(magnitudes(span))[:, : columns - done]


def mel_spectrogram(wav: Wav) -> Mel:
    """Compute the mel spectrogram of the published Wav2Lip.

    Pre-emphasis, centred magnitude STFT with zero padding, Slaney mel filters and decibels, scaled
    so that -100 dB is -4 and 0 dB is 4. Source: `audio.py` and `hparams.py` of Rudrabha/Wav2Lip.

    Args:
        wav: (N,) float mono at 16 kHz.

    Returns:
        (80, 1 + N // 200) float32 in [-4, 4]; column i is centred on second i / 80.

    Raises:
        ValueError: `wav` is not one-dimensional.

    Examples:
        >>> import numpy as np
        >>> mel_spectrogram(np.zeros(16_000, np.float32)).shape
        (80, 81)
    """
    wav = np.asarray(wav, np.float32)
    if wav.ndim != 1:
        raise ValueError(f"wav must be mono (N,), not {wav.shape}")
    mel = np.empty((N_MELS, 1 + len(wav) // HOP), np.float32)
    column = 0
    for block in mel_blocks(wav[at : at + STEP] for at in range(0, len(wav), STEP)):
        mel[:, column : column + block.shape[1]] = block
        column += block.shape[1]
    return mel
