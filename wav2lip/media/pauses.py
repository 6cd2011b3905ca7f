"""Pauses in speech, and a mel in which they are silent: breath and room noise move no mouth."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter, uniform_filter1d

from wav2lip.types import HOP, MEL_RATE, SILENCE

Floats = NDArray[np.float64]

SILENT_BELOW = 25.0  # dB under the loud parts
LOUD_PERCENTILE = 95.0
NOISE_PERCENTILE = 5.0
SILENT_POWER = 1e-12
DIGITAL_SILENCE = -100.0  # dB; what is below is no room's noise
NOISE_MARGIN = 6.0  # dB over the noise that are noise still
AROUND = 6.0  # seconds in which a speaker keeps one loudness
SMOOTHING = 4  # mel columns, 50 ms
MIN_PAUSE = 0.3  # seconds; the closure before a plosive is shorter
RAMP = 4  # mel columns from speech to silence


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches (start, stop) where `mask` (N,) holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def levels(wav: NDArray[np.float32], columns: int) -> Floats:
    """Level (columns,) in dB of full scale of a wav (N,) at 16 kHz around each mel column."""
    power = np.zeros(columns)
    whole = min(len(wav) // HOP, columns)
    pieces = wav[: whole * HOP].reshape(whole, HOP)
    power[:whole] = np.einsum("ij,ij->i", pieces, pieces) / HOP  # minutes of sound are not copied
    power[whole:] = np.square(wav[whole * HOP : (whole + 1) * HOP]).sum() / HOP
    smooth = uniform_filter1d(power, SMOOTHING, mode="nearest")
    decibels: Floats = 10 * np.log10(np.maximum(smooth, SILENT_POWER))
    return decibels


def pauses(wav: NDArray[np.float32], columns: int) -> list[tuple[int, int]]:
    """Stretches (start, stop) of mel columns, 0.3 s or longer, in which nobody speaks.

    That is 25 dB below what is loud within three seconds; in a long pause, where nothing near is loud,
    25 dB below what is loud in the whole sound and near its noise. So a whisper is no pause, but next
    to a shout.
    """
    if columns == 0:
        return []
    level = levels(wav, columns)
    width = min(columns, round(AROUND * MEL_RATE))
    near = percentile_filter(level, LOUD_PERCENTILE, width, mode="nearest")
    loud = np.percentile(level, LOUD_PERCENTILE)
    quiet = level < near - SILENT_BELOW
    heard = level[level > DIGITAL_SILENCE]
    if len(heard):
        noise = np.percentile(heard, NOISE_PERCENTILE) + NOISE_MARGIN
        quiet |= (level < loud - SILENT_BELOW) & (level < noise)
    least = MIN_PAUSE * MEL_RATE - (SMOOTHING - 1)  # smoothing makes a pause so much shorter
    return [(start, stop) for start, stop in runs(quiet) if stop - start >= least]


def mute_pauses(mel: NDArray[np.float32], wav: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mel (80, M) of a wav (N,) with its pauses faded to silence within 50 ms at either end."""
    quiet, columns = mel.copy(), mel.shape[1]
    for start, stop in pauses(wav, columns):
        column = np.arange(start, stop)
        since = column - start + 1 + RAMP * (start == 0)  # no ramp at the ends of the sound
        until = stop - column + RAMP * (stop == columns)
        share = np.minimum(np.minimum(since, until) / RAMP, 1.0).astype(np.float32)
        quiet[:, start:stop] = (1 - share) * quiet[:, start:stop] + share * np.float32(SILENCE)
    return quiet
