"""Synthetic speech generated from the motion of a mouth, so that both are in sync to the sample."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import SAMPLE_RATE, Wav

Array = NDArray[np.float32]

CONTROL_RATE = 200  # Hz, the rate at which articulators are computed
LIP_SMOOTHING = 0.08  # s, Hann window over the targets of the lips, which move slowly
VOICE_SMOOTHING = 0.03  # s, Hann window over the levels of vocal folds and noise source
TOP_HARMONIC = 4_000.0  # Hz; higher harmonics are inaudible next to the formants
BANDWIDTHS = (90.0, 120.0, 200.0)  # Hz, of the three formants
HISS_BANDS = ((1_200.0, 7_000.0), (1_800.0, 4_000.0), (4_200.0, 7_500.0))  # Hz, of f, sh, s

# (opening 0-1, width 0-1, voice 0-1, hiss 0-1, hiss band)
Phone = tuple[float, float, float, float, int]
VOWELS: tuple[Phone, ...] = (
    (1.00, 0.55, 1.0, 0.0, 0),  # a
    (0.60, 0.80, 1.0, 0.0, 0),  # e
    (0.28, 1.00, 1.0, 0.0, 0),  # i
    (0.65, 0.20, 1.0, 0.0, 0),  # o
    (0.28, 0.00, 1.0, 0.0, 0),  # u
    (0.45, 0.50, 1.0, 0.0, 0),  # schwa
)
CONSONANTS: tuple[Phone, ...] = (
    (0.00, 0.50, 0.5, 0.0, 0),  # m
    (0.00, 0.50, 0.0, 0.0, 0),  # p, b
    (0.06, 0.55, 0.0, 0.5, 0),  # f
    (0.16, 0.10, 0.0, 0.9, 1),  # sh
    (0.12, 0.85, 0.0, 1.0, 2),  # s
    (0.28, 0.55, 0.6, 0.0, 0),  # l, n, d
)
PAUSE: Phone = (0.0, 0.5, 0.0, 0.0, 0)


@dataclass(frozen=True)
class Voice:
    """Speech and the mouth motion that it was generated from.

    Attributes:
        wav: (N,) at 16 kHz, within [-1, 1].
        opening: (C,) opening of the mouth, 0-1, at `CONTROL_RATE`.
        width: (C,) width of the mouth, 0-1, at `CONTROL_RATE`.
    """

    wav: Wav
    opening: Array
    width: Array

    def mouth_at(self, times: NDArray[np.float64]) -> tuple[Array, Array]:
        """Interpolate opening and width, each (T,), at `times` (T,) in seconds; constant beyond both ends."""
        clock = np.arange(len(self.opening)) / CONTROL_RATE
        opening = np.interp(times, clock, self.opening).astype(np.float32)
        return opening, np.interp(times, clock, self.width).astype(np.float32)


def _smooth(track: Array, seconds: float) -> Array:
    kernel = np.hanning(round(seconds * CONTROL_RATE) + 2)[1:-1]
    padded = np.pad(track, len(kernel) // 2, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")[: len(track)].astype(np.float32)


def _random_phones(
    rng: np.random.Generator, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unsmoothed phone targets (count, 5) and stress (count,) at the control rate."""
    phones: list[Phone] = []
    seconds: list[float] = []
    stress: list[float] = []

    def add(phone: Phone, low: float, high: float, level: float) -> None:
        phones.append(phone)
        seconds.append(float(rng.uniform(low, high)))
        stress.append(level)

    add(PAUSE, 0.05, 0.3, 1.0)
    while sum(seconds) < count / CONTROL_RATE:
        for _ in range(int(rng.integers(2, 6))):
            level = float(rng.uniform(0.6, 1.0))
            add(CONSONANTS[rng.integers(len(CONSONANTS))], 0.06, 0.12, level)
            add(VOWELS[rng.integers(len(VOWELS))], 0.08, 0.22, level)
        add(PAUSE, 0.12, 0.5, 1.0)
    spans = np.maximum(1, np.round(np.array(seconds) * CONTROL_RATE)).astype(int)
    return np.repeat(np.array(phones), spans, 0)[:count], np.repeat(stress, spans)[:count]


def _voiced(
    rng: np.random.Generator, opening: Array, width: Array, level: Array, count: int
) -> NDArray[np.float64]:
    """Sum of harmonics under three formants: F1 rises with the opening, F2 with the width."""
    tract, base = rng.uniform(0.9, 1.15), rng.uniform(95.0, 230.0)
    clock = np.arange(len(opening)) / CONTROL_RATE
    samples = np.arange(count) / SAMPLE_RATE
    rate, phase = rng.uniform(0.3, 0.9), rng.uniform(0, 2 * np.pi)
    drift = np.sin(2 * np.pi * rate * clock + phase)
    pitch = base * (1 + 0.12 * drift + 0.01 * np.sin(2 * np.pi * 5.1 * clock))
    formants = (
        tract * (260 + 560 * opening),
        tract * (750 + 1_500 * width + 150 * opening),
        np.full_like(clock, 2_700 * tract),
    )
    turns = np.cumsum(np.interp(samples, clock, pitch)) * (2 * np.pi / SAMPLE_RATE)
    first = np.exp(1j * turns)
    harmonic = np.ones_like(first)
    wave = np.zeros(count)
    for number in range(1, int(TOP_HARMONIC / pitch.max()) + 1):
        harmonic *= first
        peaks = sum(
            gain / np.hypot(1.0, (number * pitch - formant) / width_hz)
            for gain, formant, width_hz in zip((1.0, 0.6, 0.25), formants, BANDWIDTHS, strict=True)
        )
        wave += np.interp(samples, clock, level * peaks / number**0.5) * harmonic.imag
    return wave


def _hiss(rng: np.random.Generator, levels: list[Array], count: int) -> NDArray[np.float64]:
    """White noise in one band per fricative, each with its own level at the control rate."""
    clock = np.arange(len(levels[0])) / CONTROL_RATE
    samples = np.arange(count) / SAMPLE_RATE
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    wave = np.zeros(count)
    for level, (low, high) in zip(levels, HISS_BANDS, strict=True):
        band = 1 / (1 + (low / np.maximum(hertz, 1.0)) ** 8) / (1 + (hertz / high) ** 8)
        wave += np.interp(samples, clock, level) * np.fft.irfft(spectrum * band, count)
    return wave


def speak(seed: int, seconds: float) -> Voice:
    """Generate random syllables, the same for the same seed and duration.

    Loudness and F1 follow the opening of the mouth, F2 its width, noise the narrow consonants. A closed
    mouth is silent or hums. The sound therefore determines the mouth.

    Args:
        seed: number of the speech.
        seconds: duration, above 0.

    Raises:
        ValueError: `seconds` is not above 0.
    """
    if seconds <= 0:
        raise ValueError(f"seconds must be above 0, not {seconds}")
    rng = np.random.default_rng((seed, 1))
    count = round(seconds * SAMPLE_RATE)
    control = int(np.ceil(seconds * CONTROL_RATE)) + 1
    phones, stress = _random_phones(rng, control)
    opening = _smooth((phones[:, 0] * stress).astype(np.float32), LIP_SMOOTHING)
    width = _smooth(phones[:, 1].astype(np.float32), LIP_SMOOTHING)
    voice = _smooth(phones[:, 2].astype(np.float32), VOICE_SMOOTHING)
    levels = [
        _smooth((phones[:, 3] * (phones[:, 4] == band)).astype(np.float32), VOICE_SMOOTHING)
        for band in range(len(HISS_BANDS))
    ]
    loudness = voice * (0.08 + 0.92 * opening)
    wave = _voiced(rng, opening, width, loudness, count) + 0.12 * _hiss(rng, levels, count)
    wave = wave / max(1e-6, float(np.abs(wave).max())) * rng.uniform(0.3, 0.8)
    wave += rng.standard_normal(count) * 10 ** rng.uniform(-4.5, -3.0)  # background noise
    return Voice(wave.astype(np.float32), opening, width)
