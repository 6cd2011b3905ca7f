"""Time to frame and time to mel window: the only place where fps, 80 and 16 meet."""

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wav2lip.types import MEL_RATE, MEL_WINDOW, N_MELS, SILENCE

ROUNDING = 1e-6  # mel columns; so that 80 * 0.05 is 4 whatever the floating point says
CLOCK = 1e-3  # seconds; containers such as Matroska store times in milliseconds


def frame_times(count: int, fps: Fraction | float) -> NDArray[np.float64]:
    """Presentation times (count,) in seconds of `count` frames at a constant rate, from 0."""
    rate = Fraction(fps)
    return np.arange(count, dtype=np.float64) * rate.denominator / rate.numerator


def mel_start(time: float, mel_rate: int = MEL_RATE) -> int:
    """First mel column of the window of a frame shown at `time` seconds (negative before 0)."""
    return int(np.floor(mel_rate * time + ROUNDING))


def mel_windows(
    mel: NDArray[np.float32], times: ArrayLike, columns: int = MEL_WINDOW
) -> NDArray[np.float32]:
    """Windows of mel (80, M) at frame times (T,) in seconds -> (T, 80, 16), or so many columns wide.

    Columns before the sound starts or after it ends are silence.
    """
    if mel.ndim != 2 or mel.shape[0] != N_MELS:
        raise ValueError(f"mel must be ({N_MELS}, M), not {mel.shape}")
    starts = np.floor(MEL_RATE * np.asarray(times, np.float64) + ROUNDING).astype(np.int64)
    where = starts[:, None] + np.arange(columns)  # (T, 16)
    length = mel.shape[1]
    outside = (where < 0) | (where >= length)
    if not outside.any():
        windows = mel.T[where]  # (T, 16, 80)
    elif length:
        windows = mel.T[where.clip(0, length - 1)]
        windows[outside] = SILENCE
    else:
        windows = np.full((*where.shape, N_MELS), SILENCE)
    return np.ascontiguousarray(windows.transpose(0, 2, 1), np.float32)


def retime(source_times: ArrayLike, fps: Fraction | float, duration: float) -> NDArray[np.int64]:
    """Which source frame is on screen at each tick of a constant rate: (round(duration * fps),).

    source_times (N,) are increasing presentation times in seconds. A frame is shown from its time
    until the next one's; ticks before the first frame show the first, after the last the last.
    """
    source = np.asarray(source_times, np.float64)
    if source.size == 0:
        raise ValueError("no source frames to choose from")
    ticks = frame_times(max(1, round(duration * fps)), fps)
    shown = np.searchsorted(source, ticks + CLOCK, side="right") - 1
    return np.clip(shown, 0, source.size - 1).astype(np.int64)
