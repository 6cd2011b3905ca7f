"""The mel spectrogram of the published Wav2Lip."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import HOP, N_MELS, SAMPLE_RATE, SILENCE

N_FFT = 800  # samples, also the window's length
FMIN = 55.0  # Hz
FMAX = 7_600.0  # Hz
PREEMPHASIS = 0.97

FLOOR = 1e-5  # magnitude; -100 dB
REFERENCE_DB = 20.0
MIN_DB = -100.0
MAX_MEL = -SILENCE

CHUNK = 8_000  # mel columns a batch of FFTs


def _hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's Auditory Toolbox scale: linear to 1 kHz (15 mel), then 27 steps for a factor 6.4."""
    log = 15.0 + np.log(np.maximum(hz, 1e-9) / 1000.0) / (np.log(6.4) / 27.0)
    return np.where(hz < 1000.0, hz * 3.0 / 200.0, log)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27))


@lru_cache(maxsize=1)
def _mel_filters() -> NDArray[np.float32]:
    """Slaney triangles of unit area, (80, 401), as `librosa.filters.mel` makes them."""
    low, high = _hz_to_mel(np.array([FMIN, FMAX]))
    edges = _mel_to_hz(np.linspace(low, high, N_MELS + 2))[:, None]
    bins = np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1)[None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * 2.0 / (edges[2:] - edges[:-2])).astype(np.float32)


def mel_spectrogram(wav: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mel of the published Wav2Lip: wav (N,) float mono at 16 kHz -> (80, 1 + N // 200) in [-4, 4].

    Pre-emphasis, centred magnitude STFT with zero padding, Slaney mel, decibels, scaled so that
    -100 dB is -4 and 0 dB is 4. Column i is centred on second i / 80.
    """
    wav = np.asarray(wav, np.float32)
    if wav.ndim != 1:
        raise ValueError(f"wav must be mono (N,), not {wav.shape}")
    emphasised = wav.copy()
    emphasised[1:] -= np.float32(PREEMPHASIS) * wav[:-1]
    padded = np.pad(emphasised, N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    phase = 2.0 * np.pi * np.arange(N_FFT) / N_FFT
    window = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)  # periodic Hann
    mel = np.empty((N_MELS, len(frames)), np.float32)
    for start in range(0, len(frames), CHUNK):
        magnitude = np.abs(np.fft.rfft(frames[start : start + CHUNK] * window, axis=1))
        mel[:, start : start + CHUNK] = _mel_filters() @ magnitude.T.astype(np.float32)
    decibels = 20.0 * np.log10(np.maximum(FLOOR, mel)) - REFERENCE_DB
    scaled = 2.0 * MAX_MEL * (decibels - MIN_DB) / -MIN_DB - MAX_MEL
    return np.clip(scaled, -MAX_MEL, MAX_MEL).astype(np.float32)
