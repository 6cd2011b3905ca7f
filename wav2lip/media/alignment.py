"""Convert between seconds, frames at any rate, and mel columns (80 per second). Done nowhere else.

Mel column i is centred on second i / 80. The window of a frame starts with the column at or before the
frame's time, and is 16 columns (200 ms) wide.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wav2lip.types import MEL_RATE, MEL_WINDOW, MOTION_COLUMNS, N_MELS, SILENCE, Mel

ROUNDING = 1e-6  # mel columns; 80 * 0.05 must be 4 in spite of floating-point error
CLOCK = 1e-3  # seconds; containers such as Matroska store times in milliseconds


def frame_times(count: int, fps: Fraction | float) -> NDArray[np.float64]:
    """Presentation times (count,) in seconds of `count` frames at a constant rate, from 0."""
    rate = Fraction(fps)
    return np.arange(count, dtype=np.float64) * rate.denominator / rate.numerator


def mel_start(time: float) -> int:
    """First mel column of the window of a frame shown at `time` seconds (negative before 0)."""
    return math.floor(MEL_RATE * time + ROUNDING)


def column_count(seconds: float) -> int:
    """Number of mel columns in `seconds` of sound, to the nearest."""
    return round(seconds * MEL_RATE)


def column_seconds(columns: float) -> float:
    """Duration of mel columns in seconds."""
    return columns / MEL_RATE


def frame_count(columns: int, fps: float) -> int:
    """Number of whole frames at `fps` frames per second in the time of `columns` mel columns."""
    return int(columns / MEL_RATE * fps)


def spanned_frames(columns: float, fps: float) -> int:
    """Number of frames at `fps` frames per second that `columns` mel columns reach into."""
    return math.ceil(columns * fps / MEL_RATE)


def coinciding_step(fps: float) -> int:
    """Frames from one that coincides with a mel column to the next: 5 (16 columns) at 25 fps."""
    return (MEL_RATE / Fraction(fps).limit_denominator(1001)).denominator


def window_columns(times: ArrayLike, columns: int = MEL_WINDOW) -> NDArray[np.int64]:
    """Mel columns (T, columns) of the windows of frames at `times` (T,) in seconds.

    Some are negative or beyond the sound for frames near its ends.
    """
    starts = np.floor(MEL_RATE * np.asarray(times, np.float64) + ROUNDING).astype(np.int64)
    return starts[:, None] + np.arange(columns)


def mel_windows(mel: Mel, times: ArrayLike, columns: int = MEL_WINDOW) -> Mel:
    """Cut the mel windows of frames.

    Args:
        mel: (80, M), the whole sound.
        times: (T,) frame times in seconds.
        columns: width of a window.

    Returns:
        (T, 80, columns); columns before or after the sound are silence.

    Raises:
        ValueError: `mel` does not have 80 rows.

    Examples:
        >>> import numpy as np
        >>> mel_windows(np.zeros((80, 400), np.float32), frame_times(5, 25)).shape
        (5, 80, 16)
    """
    if mel.ndim != 2 or mel.shape[0] != N_MELS:
        raise ValueError(f"mel must be ({N_MELS}, M), not {mel.shape}")
    where = window_columns(times, columns)  # (T, columns)
    length = mel.shape[1]
    outside = (where < 0) | (where >= length)
    if not outside.any():
        windows = mel.T[where]  # (T, columns, 80)
    elif length:
        windows = mel.T[where.clip(0, length - 1)]
        windows[outside] = SILENCE
    else:
        windows = np.full((*where.shape, len(mel)), SILENCE)
    return np.ascontiguousarray(windows.transpose(0, 2, 1), np.float32)


def sample_motion(motion: NDArray[np.floating], times: ArrayLike) -> NDArray[np.float32]:
    """Read predicted motion at any times, linear between its steps.

    Step s stands for the middle of mel columns 2s and 2s + 1, second (2s + 0.5) / 80. Before the first and after
    the last step the motion stands still.

    Args:
        motion: (K, S), from `wav2lip.models.LipMotion`.
        times: (T,) seconds.

    Returns:
        (T, K).

    Examples:
        >>> sample_motion(np.array([[0.0, 1.0, 2.0]]), [0.0, 0.01875, 0.05625]).ravel().tolist()
        [0.0, 0.5, 2.0]
    """
    steps = (MEL_RATE * np.asarray(times, np.float64) - (MOTION_COLUMNS - 1) / 2) / MOTION_COLUMNS
    steps = steps.clip(0, motion.shape[1] - 1)
    before = np.floor(steps).astype(np.int64)
    after = np.minimum(before + 1, motion.shape[1] - 1)
    share = steps - before
    return np.asarray(motion[:, before] * (1 - share) + motion[:, after] * share, np.float32).T


class MelSource(Protocol):
    """A sound whose mel windows can be asked for by time."""

    def windows(self, times: ArrayLike, columns: int = MEL_WINDOW) -> Mel:
        """Return the windows (T, 80, columns) of frames at `times` (T,) in seconds."""
        ...


@dataclass(frozen=True)
class MelArray:
    """A whole mel in memory as a `MelSource`.

    Attributes:
        mel: (80, M).
    """

    mel: Mel

    def windows(self, times: ArrayLike, columns: int = MEL_WINDOW) -> Mel:
        """See `MelSource`."""
        return mel_windows(self.mel, times, columns)
