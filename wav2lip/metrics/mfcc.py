"""MFCC, the audio features of SyncNet v2: `python_speech_features.mfcc` with its defaults.

Source: https://github.com/jameslyons/python_speech_features (base.py, sigproc.py), MIT.
"""

import math

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import SAMPLE_RATE, Pcm

WINDOW = 400  # samples, 25 ms
STEP = 160  # samples, 10 ms
N_FFT = 512
N_FILTERS = 26
N_CEPSTRA = 13
PREEMPHASIS = 0.97
LIFTER = 22
MFCC_RATE = SAMPLE_RATE // STEP  # 100 rows per second
EPSILON = float(np.finfo(float).eps)  # replaces an energy of zero, which has no logarithm


def hz_to_mel(hz: float) -> float:
    """HTK's mel scale."""
    return 2595 * math.log10(1 + hz / 700)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `hz_to_mel`."""
    return np.asarray(700 * (10 ** (mel / 2595) - 1))


def filterbank() -> NDArray[np.float64]:
    """Triangular filters (26, 257), corners on whole FFT bins, heights not normalised."""
    mels = np.linspace(0, hz_to_mel(SAMPLE_RATE / 2), N_FILTERS + 2)
    corners = np.floor((N_FFT + 1) * mel_to_hz(mels) / SAMPLE_RATE)
    bins = np.arange(N_FFT // 2 + 1)
    filters = np.zeros((N_FILTERS, len(bins)))
    for row, (left, centre, right) in enumerate(
        zip(corners[:-2], corners[1:-1], corners[2:], strict=True)
    ):
        rising = (left <= bins) & (bins < centre)
        falling = (centre <= bins) & (bins < right)
        filters[row, rising] = (bins[rising] - left) / (centre - left)
        filters[row, falling] = (right - bins[falling]) / (right - centre)
    return filters


def dct_matrix() -> NDArray[np.float64]:
    """Rows (13, 26) of the orthonormal DCT-II."""
    order = np.arange(N_CEPSTRA)[:, None]
    position = np.arange(N_FILTERS)[None, :]
    matrix = np.sqrt(2 / N_FILTERS) * np.cos(np.pi * order * (2 * position + 1) / (2 * N_FILTERS))
    matrix[0] /= math.sqrt(2)
    return np.asarray(matrix)


def frame_count(samples: int) -> int:
    """Number of 25 ms windows that cover `samples`; the last one may reach into zeros."""
    return 1 if samples <= WINDOW else 1 + math.ceil((samples - WINDOW) / STEP)


def mfcc(pcm: Pcm) -> NDArray[np.float64]:
    """Cepstra of a sound.

    Args:
        pcm: (N,) int16 at 16 kHz; floats must be in int16 units.

    Returns:
        (T,13), 100 rows per second; column 0 is the log energy.

    Raises:
        ValueError: an empty sound, or more than one channel.
    """
    if pcm.ndim != 1 or pcm.size == 0:
        raise ValueError(f"pcm must be (N,) with N > 0, not {pcm.shape}")
    signal = pcm.astype(np.float64)
    signal[1:] -= PREEMPHASIS * pcm[:-1].astype(np.float64)
    count = frame_count(len(signal))
    padded = np.zeros((count - 1) * STEP + WINDOW)
    padded[: len(signal)] = signal
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP]
    power = np.abs(np.fft.rfft(windows, N_FFT)) ** 2 / N_FFT
    energy = power.sum(1)
    bands = power @ filterbank().T
    cepstra = np.log(np.where(bands == 0, EPSILON, bands)) @ dct_matrix().T
    cepstra *= 1 + LIFTER / 2 * np.sin(np.pi * np.arange(N_CEPSTRA) / LIFTER)
    cepstra[:, 0] = np.log(np.where(energy == 0, EPSILON, energy))
    return np.asarray(cepstra)
