"""Find the pauses in speech and mute them in a mel, so that noise, music and breath do not move the mouth.

The loudness of a whole sound is kept as one value per mel column (10 hours: 12 MB), and one probability of
voice per 32 ms; its samples are not.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.voice_activity import BLOCK, Probabilities, VoiceActivity
from wav2lip.types import HOP, MEL_RATE, SILENCE, Mel, Wav

Floats = NDArray[np.float64]

# Probabilities of voice; see docs/voice_activity.md for how they were chosen.
VOICE_BEGINS = 0.15
VOICE_STAYS = 0.05
LEAD = 2  # blocks of 32 ms before a stretch of voice that belong to it
HANGOVER = 3  # blocks after it
SILENT_BELOW = 25.0  # dB below the loud parts; also of the pause motion ratio
LOUD_PERCENTILE = 95.0
SILENT_POWER = 1e-12
NEIGHBOURHOOD = 6.0  # seconds over which a speaker keeps one loudness
SMOOTHING = 4  # mel columns, 50 ms
MIN_PAUSE = 0.3  # seconds; the closure before a plosive is shorter
RAMP = 4  # mel columns from speech to silence
# Mel columns at the ends of a pause that stay as they are: in them lips close after the voice and open before it. More
# makes lips follow the true ones better (from 0 to 8 and 12 the correlation of the opening rises from 0.40 to 0.44,
# mean of 31 videos), and lets them move in pauses (from 0.03 to 0.21 of their motion in speech; 0.55 in the true
# videos).
AFTER_VOICE, BEFORE_VOICE = 8, 12
CHUNK = 2000  # columns filtered at once


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Find the stretches (start, stop) in which `mask` (N,) is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def column_power(pieces: Iterable[Wav]) -> tuple[NDArray[np.float32], int]:
    """Measure the power of a sound around each mel column.

    Args:
        pieces: consecutive samples, each (N,) float mono at 16 kHz, of any length.

    Returns:
        The mean square (M,) of the 200 samples after each column, 1.0 at full scale, and the number
        of samples; M = 1 + samples // 200.
    """
    power = array("f")
    rest = np.zeros(0, np.float32)
    samples = 0
    for piece in pieces:
        samples += len(piece)
        wav = np.concatenate([rest, piece], dtype=np.float32) if len(rest) else piece
        whole = len(wav) // HOP
        rows = wav[: whole * HOP].reshape(whole, HOP)
        power.frombytes((np.einsum("ij,ij->i", rows, rows) / HOP).astype(np.float32).tobytes())
        rest = wav[whole * HOP :]
    power.append(np.square(rest).sum() / HOP)
    return np.frombuffer(power, np.float32), samples


def levels(power: NDArray[np.float32]) -> Floats:
    """Convert the power (M,) of columns to levels (M,) in dB of full scale, smoothed over 50 ms."""
    level = power.astype(np.float64)
    if len(level):
        before = SMOOTHING // 2
        padded = np.pad(level, (before, SMOOTHING - 1 - before), mode="edge")
        level = np.convolve(padded, np.full(SMOOTHING, 1 / SMOOTHING), "valid")
    np.maximum(level, SILENT_POWER, out=level)
    np.log10(level, out=level)
    level *= 10
    return level


def _far_below_neighbours(level: Floats) -> NDArray[np.bool_]:
    """Whether each column (M,) is 25 dB below what is loud within 3 seconds of it."""
    width = min(len(level), round(NEIGHBOURHOOD * MEL_RATE))
    before = width // 2
    padded = np.pad(level, (before, width - 1 - before), mode="edge")
    quiet = np.empty(len(level), np.bool_)
    rank = min(width - 1, int(width * LOUD_PERCENTILE / 100))
    for start in range(0, len(level), CHUNK):
        part = level[start : start + CHUNK]
        around = padded[start : start + len(part) + width - 1]
        windows = np.lib.stride_tricks.sliding_window_view(around, width)
        low = part < around.max() - SILENT_BELOW  # the others need no percentile
        loud = np.partition(windows[low], rank, axis=1)[:, rank]
        quiet[start : start + CHUNK] = low
        quiet[start : start + CHUNK][low] = part[low] < loud - SILENT_BELOW
    return quiet


def voiced_columns(probabilities: Probabilities, columns: int) -> NDArray[np.bool_]:
    """Tell which mel columns lie in a stretch of voice.

    A stretch begins where a probability exceeds 0.05 and counts if one of its probabilities exceeds
    0.15. It is extended by 64 ms before and 96 ms after, because lips move before and after the voice.

    Args:
        probabilities: (B,) from `voice_activity`.
        columns: number of mel columns M.

    Returns:
        (M,) mask.
    """
    voiced = np.zeros(columns, np.bool_)
    for start, stop in runs(probabilities > VOICE_STAYS):
        if probabilities[start:stop].max() > VOICE_BEGINS:
            first = max(0, start - LEAD) * BLOCK // HOP
            voiced[first : -(-(stop + HANGOVER) * BLOCK // HOP)] = True
    return voiced


def find_pauses(power: NDArray[np.float32], probabilities: Probabilities) -> list[tuple[int, int]]:
    """Find the pauses of 0.3 s or longer in a sound, and a shorter one at its start: what precedes it is silent, too.

    A column is in a pause if it is not in a stretch of voice (`voiced_columns`). Probabilities fall only
    about 0.1 s after the voice, so that they fill short pauses. A column is therefore in a pause also if its
    level is 25 dB below the loud level (95th percentile) of the 6 seconds around it.

    Args:
        power: (M,) from `column_power`.
        probabilities: (B,) from `voice_activity`, of the same sound.

    Returns:
        Stretches (start, stop) of mel columns, in order.
    """
    if len(power) == 0:
        return []
    silent = ~voiced_columns(probabilities, len(power))
    silent |= _far_below_neighbours(levels(power))
    least = MIN_PAUSE * MEL_RATE - (SMOOTHING - 1)  # smoothing shortens a pause by so much
    return [(start, stop) for start, stop in runs(silent) if stop - start >= least or not start]


def measure_sound(
    pieces: Iterable[Wav],
) -> tuple[NDArray[np.float32], Probabilities, int]:
    """Measure the loudness and the voice activity of a sound that is read once, in blocks.

    Args:
        pieces: consecutive samples, each (N,) float mono at 16 kHz, of any length.

    Returns:
        The power (M,) as `column_power`, the probabilities (B,) as `voice_activity`, and the number of
        samples.
    """
    activity, found = VoiceActivity(), array("f")

    def observed() -> Iterator[Wav]:
        for piece in pieces:
            found.frombytes(activity.push(piece).tobytes())
            yield piece
        found.frombytes(activity.finish().tobytes())

    power, samples = column_power(observed())
    return power, np.frombuffer(found, np.float32), samples


def read_pauses(pieces: Iterable[Wav]) -> tuple[list[tuple[int, int]], int]:
    """Find the pauses of a sound that is read once, in blocks.

    Args:
        pieces: as for `measure_sound`.

    Returns:
        The pauses, as `find_pauses`, and the number of samples.
    """
    power, probabilities, samples = measure_sound(pieces)
    return find_pauses(power, probabilities), samples


def mute_pauses(
    mel: Mel, pauses: list[tuple[int, int]], first: int = 0, total: int | None = None
) -> Mel:
    """Fade the pauses in a mel, or in a block of one, to silence.

    The fade begins 100 ms after the start of a pause, ends 150 ms before its end, and takes 50 ms; there is none at the
    ends of the sound.

    Args:
        mel: (80, M), the columns from `first` on.
        pauses: stretches (start, stop) of columns of the whole sound, from `find_pauses`.
        first: column of the sound at which `mel` starts.
        total: number of columns of the sound; by default `mel` ends with the sound.

    Returns:
        A new mel (80, M).
    """
    end = first + mel.shape[1]
    total = end if total is None else total
    muted = mel.copy()
    for start, stop in pauses[bisect_right(pauses, first, key=itemgetter(1)) :]:
        if start >= end:
            break
        column = np.arange(max(start, first), min(stop, end))
        since = column - start + 1 + (RAMP if start == 0 else -AFTER_VOICE)
        until = stop - column + (RAMP if stop == total else -BEFORE_VOICE)
        share = np.clip(np.minimum(since, until) / RAMP, 0.0, 1.0).astype(np.float32)
        at = slice(column[0] - first, column[-1] + 1 - first)
        muted[:, at] = (1 - share) * muted[:, at] + share * np.float32(SILENCE)
    return muted
