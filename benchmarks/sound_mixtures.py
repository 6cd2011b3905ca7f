"""Sounds for the benchmarks, made by code from a seed: noise, music, breath, and harder speech.

Every function returns float32 mono (N,) at 16 kHz. Levels are RMS in dB of full scale.
"""

import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

from wav2lip.types import SAMPLE_RATE, Wav

Floats = NDArray[np.float64]

LPC_ORDER = 18
LPC_FRAME = 400  # samples, 25 ms
LPC_HOP = LPC_FRAME // 2


def at_level(sound: Floats | Wav, level: float) -> Wav:
    """Scale a sound to an RMS of `level` dB of full scale; clip it there."""
    rms = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    return np.clip(sound * (10 ** (level / 20) / max(rms, 1e-9)), -1, 1).astype(np.float32)


def seconds_of(count: int) -> Floats:
    return np.arange(count) / SAMPLE_RATE


def band(sound: Floats, low: float, high: float) -> Floats:
    """Band-pass between two frequencies in Hz."""
    sections = butter(2, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(sections, sound))


# Steady noise


def white(count: int, rng: np.random.Generator) -> Floats:
    return rng.standard_normal(count)


def pink(count: int, rng: np.random.Generator) -> Floats:
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return np.fft.irfft(spectrum, count)


def hum(count: int, rng: np.random.Generator) -> Floats:
    """Mains hum of 50 Hz with its harmonics, over faint noise."""
    time = seconds_of(count)
    tones = [np.sin(2 * np.pi * 50 * k * time + rng.uniform(0, 6)) / k for k in range(1, 12)]
    return np.sum(tones, axis=0) + 0.05 * rng.standard_normal(count)


def engine(count: int, rng: np.random.Generator) -> Floats:
    """An engine whose speed wanders: pulses through two resonances, over brown noise."""
    wander = np.interp(np.arange(count), np.linspace(0, count, 12), rng.uniform(28, 40, 12))
    phase = np.cumsum(wander) / SAMPLE_RATE
    pulses = np.sum([np.cos(2 * np.pi * k * phase) / k**0.7 for k in range(1, 40)], axis=0)
    rumble = lfilter([1], [1, -0.98], rng.standard_normal(count))
    return band(pulses, 60, 900) + 0.1 * rumble


def fan(count: int, rng: np.random.Generator) -> Floats:
    """Air flow with blades: low noise modulated at 24 Hz."""
    return band(pink(count, rng), 80, 3000) * (1 + 0.3 * np.sin(2 * np.pi * 24 * seconds_of(count)))


# Music without voice


def _note(pitch: float, count: int, harmonics: Floats, vibrato: float = 0.0) -> Floats:
    """One note at `pitch` (MIDI number) with the given amplitudes of its harmonics."""
    time = seconds_of(count)
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * frequency * time + vibrato * np.sin(2 * np.pi * 5.5 * time)
    audible = [k for k in range(1, len(harmonics) + 1) if k * frequency < SAMPLE_RATE / 2]
    wave = np.sum([harmonics[k - 1] * np.sin(k * phase) for k in audible], axis=0)
    rise, fall = min(count // 4, 400), min(count // 4, 1200)
    wave[:rise] *= np.linspace(0, 1, rise)
    wave[-fall:] *= np.linspace(1, 0, fall)
    return np.asarray(wave)


def chords(count: int, rng: np.random.Generator) -> Floats:
    """Sustained triads, one every two seconds."""
    sound = np.zeros(count)
    for start in range(0, count, 2 * SAMPLE_RATE):
        length = min(2 * SAMPLE_RATE, count - start)
        root = rng.choice([48, 50, 53, 55, 57])
        for step in (0, rng.choice([3, 4]), 7, 12):
            sound[start : start + length] += _note(root + step, length, 1 / np.arange(1, 16) ** 1.2)
    return sound


def melody(count: int, rng: np.random.Generator) -> Floats:
    """A bowed melody with vibrato, two to four notes per second."""
    sound, start = np.zeros(count), 0
    while start < count - 100:
        length = min(int(SAMPLE_RATE * rng.choice([0.25, 0.35, 0.5])), count - start)
        pitch = 62 + rng.choice([0, 2, 4, 5, 7, 9, 11, 12])
        sound[start : start + length] += _note(pitch, length, 1 / np.arange(1, 20), 0.6)
        start += length
    return sound


def piano(count: int, rng: np.random.Generator) -> Floats:
    """Struck notes that decay, five per second."""
    sound = np.zeros(count)
    for start in range(0, count - 100, SAMPLE_RATE // 5):
        length = min(int(1.5 * SAMPLE_RATE), count - start)
        pitch = 50 + rng.choice([0, 3, 5, 7, 10, 12, 15, 19])
        decay = np.exp(-3 * seconds_of(length))
        sound[start : start + length] += (
            _note(pitch, length, 1 / np.arange(1, 12) ** 1.6) * decay * rng.uniform(0.5, 1)
        )
    return sound


def drums(count: int, rng: np.random.Generator) -> Floats:
    """Kick, snare and hi-hat at 110 beats per minute."""
    sound = np.zeros(count)
    half = int(SAMPLE_RATE * 60 / 110 / 2)
    for number, start in enumerate(range(0, count - 100, half)):
        length = min(half, count - start)
        time = seconds_of(length)
        noise = rng.standard_normal(length)
        hit = 0.15 * band(noise, 5000, 7900) * np.exp(-60 * time)
        if number % 4 == 0:
            hit += np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-30 * time)))) * np.exp(
                -12 * time
            )
        if number % 4 == 2:
            hit += 0.6 * band(noise, 180, 5000) * np.exp(-25 * time)
        sound[start : start + length] += hit
    return sound


def band_music(count: int, rng: np.random.Generator) -> Floats:
    """Drums, chords and a melody together."""
    parts = (at_level(part(count, rng), -20) for part in (drums, chords, melody))
    return np.sum([part.astype(np.float64) for part in parts], axis=0)


# Breath


def breath(count: int, rng: np.random.Generator) -> Floats:
    """Breaths of 0.4 to 1 s through the resonances of an open mouth, over a quiet room."""
    sound, start = 0.003 * pink(count, rng) / 1.0, int(0.3 * SAMPLE_RATE)
    while start < count:
        length = min(int(rng.uniform(0.4, 1.0) * SAMPLE_RATE), count - start)
        noise = rng.standard_normal(length)
        colour = sum(
            gain * band(noise, 0.8 * at, 1.25 * at)
            for at, gain in ((600, 0.5), (1500, 1.0), (2600, 0.7), (4500, 0.3))
        )
        envelope = np.sin(np.pi * np.arange(length) / length) ** 1.5
        sound[start : start + length] += colour * envelope * rng.uniform(0.5, 1)
        start += length + int(rng.uniform(0.5, 1.2) * SAMPLE_RATE)
    return sound


NOISE: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "white": white,
    "pink": pink,
    "hum": hum,
    "engine": engine,
    "fan": fan,
}
MUSIC: dict[str, Callable[[int, np.random.Generator], Floats]] = {
    "chords": chords,
    "melody": melody,
    "piano": piano,
    "drums": drums,
    "band": band_music,
}
BREATH: dict[str, Callable[[int, np.random.Generator], Floats]] = {"breath": breath}


# Speech made harder


def whisper(wav: Wav, rng: np.random.Generator) -> Wav:
    """Speech without voicing: its vocal tract (LPC) driven by noise, low frequencies weakened."""
    out = np.zeros(len(wav) + LPC_FRAME)
    window = np.hanning(LPC_FRAME)
    for start in range(0, len(wav) - LPC_FRAME, LPC_HOP):
        frame = wav[start : start + LPC_FRAME].astype(np.float64) * window
        lags = np.correlate(frame, frame, "full")[LPC_FRAME - 1 :][: LPC_ORDER + 1]
        if lags[0] < 1e-9:
            continue
        lags[0] *= 1 + 1e-4
        taps = solve_toeplitz(lags[:-1], lags[1:])
        power = max(lags[0] - float(taps @ lags[1:]), 0.0) / LPC_FRAME
        noise = rng.standard_normal(LPC_FRAME) * np.sqrt(power)
        out[start : start + LPC_FRAME] += (
            np.asarray(lfilter([1], np.concatenate([[1], -taps]), noise)) * window
        )
    weaker = np.asarray(
        sosfilt(butter(1, 700, "highpass", fs=SAMPLE_RATE, output="sos"), out[: len(wav)])
    )
    return at_level(weaker, -35)


def shout(wav: Wav, rng: np.random.Generator) -> Wav:
    """Speech with more energy above 1 kHz, driven 20 dB into a soft limit."""
    loud = at_level(wav, -20).astype(np.float64)
    bright = loud + 2 * np.asarray(
        sosfilt(butter(1, 1000, "highpass", fs=SAMPLE_RATE, output="sos"), loud)
    )
    return np.tanh(10 * bright).astype(np.float32) * np.float32(0.9)


def quiet(wav: Wav, rng: np.random.Generator) -> Wav:
    """Speech at -40 dB of full scale, in 16 bits."""
    return (np.round(at_level(wav, -40) * 32768) / 32768).astype(np.float32)


def very_quiet(wav: Wav, rng: np.random.Generator) -> Wav:
    """Speech at -60 dB of full scale, in 16 bits."""
    return (np.round(at_level(wav, -60) * 32768) / 32768).astype(np.float32)


def far(wav: Wav, rng: np.random.Generator) -> Wav:
    """A microphone far away: reverberation of 0.6 s, -3 dB direct, pink noise 10 dB below."""
    time = seconds_of(int(0.6 * SAMPLE_RATE))
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / 0.6)
    tail *= 10 ** (3 / 20) / np.sqrt(np.sum(tail**2))
    tail[0] += 1
    room = at_level(fftconvolve(wav.astype(np.float64), tail)[: len(wav)], -30)
    return room + at_level(pink(len(wav), rng), -40)


HARDER: dict[str, Callable[[Wav, np.random.Generator], Wav]] = {
    "as recorded": lambda wav, _: wav,
    "whisper": whisper,
    "shout": shout,
    "quiet, -40 dB": quiet,
    "quiet, -60 dB": very_quiet,
    "far microphone": far,
}


def generator_of(*names: object) -> np.random.Generator:
    """A random generator that depends on its names alone."""
    return np.random.default_rng(zlib.crc32(repr(names).encode()))
