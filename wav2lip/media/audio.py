"""Sound in: any file to 16 kHz mono, and that to the mel spectrogram of the published Wav2Lip."""

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import audio_stream, decode, open_media, start_time
from wav2lip.types import SILENCE

SAMPLE_RATE = 16_000  # Hz
HOP = 200  # samples
N_FFT = 800  # samples, also the window's length
N_MELS = 80
FMIN = 55.0  # Hz
FMAX = 7_600.0  # Hz
PREEMPHASIS = 0.97
MEL_RATE = SAMPLE_RATE // HOP  # columns a second

FLOOR = 1e-5  # magnitude; -100 dB
REFERENCE_DB = 20.0
MIN_DB = -100.0
MAX_MEL = -SILENCE

CHUNK = 8_000  # mel columns a batch of FFTs
MIN_GAP = 0.05  # seconds; a smaller step between timestamps is rounding
MAX_GAP = 60.0  # seconds; a larger one is a broken clock


def _resampled(
    container: Any, stream: Any, rate: int, layout: str | None
) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
    """Pieces of (time in the file's clock or None to go on, samples (C, N) at `rate`).

    The resampler is renewed where timestamps jump or the file changes its format on the way.
    """
    resampler: Any = None
    known: tuple[str, str, int] | None = None
    expected: float | None = None
    for frame in decode(container, stream):
        time = None if frame.pts is None else float(frame.pts * frame.time_base)
        step = 0.0 if time is None or expected is None else time - expected
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        piece_time = None
        if resampler is None or MIN_GAP < step < MAX_GAP or now != known:
            for out in [] if resampler is None else resampler.resample(None):
                yield None, out.to_ndarray()
            resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
            known, piece_time = now, time
        expected = expected if time is None else time
        if expected is not None:
            expected += frame.samples / frame.sample_rate
        for out in resampler.resample(frame):
            yield piece_time, out.to_ndarray()
            piece_time = None
    for out in [] if resampler is None else resampler.resample(None):
        yield None, out.to_ndarray()


def read_sound(
    path: str | os.PathLike[str], sample_rate: int, layout: str | None = None
) -> Iterator[NDArray[np.float32]]:
    """Stream a file's sound as pieces (C, N) float32 at `sample_rate`, in its own channels.

    The first sample is the instant of the first video frame where the file has video (the two
    tracks of a container often start apart), else the first sample there is. A late start and
    gaps between timestamps are silence. `layout` ("mono", "stereo") mixes the channels.
    """
    with open_media(path) as container:
        if audio_stream(container) is None:
            raise InputError(f"{path}: has no sound track; give a file with sound")
        zero = start_time(container)
    count = 0  # samples given so far; negative while before the instant 0
    first = True
    with open_media(path) as container:
        stream = audio_stream(container)
        for time, samples in _resampled(container, stream, sample_rate, layout):
            if time is not None:
                gap = round((time - zero) * sample_rate) - count
                if first:
                    count = min(gap, 0)
                if gap > 0 and (first or gap > MIN_GAP * sample_rate):
                    yield np.zeros((samples.shape[0], gap), np.float32)
                    count += gap
            first = False
            skip = min(max(0, -count), samples.shape[1])
            count += samples.shape[1]
            if skip < samples.shape[1]:
                yield samples[:, skip:]


def load_wav(path: str | os.PathLike[str], sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """The sound of any media file as mono float32 (N,) in [-1, 1] at `sample_rate`.

    Sample 0 is the instant of the first video frame, or of the first sample where there is no
    video (see `read_sound`). Channels are averaged here, for FFmpeg's own mix of floating-point
    stereo is not normalised.

    Raises `InputError`: missing file, directory, no sound track, no samples, NaN.
    """
    pieces = [piece.mean(axis=0) for piece in read_sound(path, sample_rate)]
    wav = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    if wav.size == 0:
        raise InputError(f"{path}: no sound from the first picture on; give a file with sound")
    if not np.isfinite(wav).all():
        raise InputError(f"{path}: the sound holds NaN or infinity; export it again")
    return wav.astype(np.float32, copy=False)


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
