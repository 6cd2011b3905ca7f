"""Choice of the windows that a sample contains: functions of the clip's length and a random generator.

A window is `WINDOW_FRAMES` frames: 5 frames, 200 ms at 25 fps (Prajwal et al. 2020, section 3.1).
"""

import numpy as np
import numpy.typing as npt

from wav2lip.types import WINDOW_FRAMES

Starts = npt.NDArray[np.int64]  # (N,) first frames of windows


def window_starts(frames: int, window: int = WINDOW_FRAMES, margin: int = 0) -> range:
    """Return the first frames of all whole windows.

    Args:
        frames: length of the clip.
        window: length of a window, frames.
        margin: distance from both ends, frames; less if the clip is too short for it.
    """
    last = frames - window
    if last < 0:
        return range(0)
    margin = min(margin, last // 2)
    return range(margin, last - margin + 1)


def sample_starts(count: int, allowed: range, gap: int, rng: np.random.Generator) -> Starts:
    """Draw starts in random order.

    Args:
        count: number of starts.
        allowed: starts to choose from.
        gap: smallest distance between two starts, frames; less if `allowed` is too short for it.
        rng: source of the random values.

    Returns:
        (count,) distinct starts, with repetitions only if fewer than `count` are allowed.
    """
    room = len(allowed)
    if room < count:
        return rng.choice(np.asarray(allowed), count, replace=True)
    gap = min(gap, (room - 1) // max(count - 1, 1)) if count > 1 else 1
    # Sorted picks from a range shortened by all gaps, then moved apart: no two are closer than a gap.
    slack = room - (count - 1) * gap
    picks = np.sort(rng.integers(0, slack, count)) + gap * np.arange(count)
    return rng.permutation(picks + allowed.start)


def even_starts(count: int, allowed: range) -> Starts:
    """Return `count` consecutive starts from the middle of the clip, the same at every validation."""
    first = allowed.start + max(0, (len(allowed) - count) // 2)
    return np.minimum(np.arange(first, first + count), allowed[-1])


def hard_negatives(positive: int, allowed: range, gap: int) -> Starts:
    """Return the starts of the same clip that are at least `gap` frames from `positive`.

    If there is no such start, return the farthest one.
    """
    gap = min(gap, max(abs(allowed[0] - positive), abs(allowed[-1] - positive)))
    starts: Starts = np.arange(allowed.start, allowed.stop)
    return starts[np.abs(starts - positive) >= gap]


def hard_negative(positive: int, allowed: range, gap: int, rng: np.random.Generator) -> int:
    """Draw one of `hard_negatives`."""
    candidates = hard_negatives(positive, allowed, gap)
    return int(candidates[rng.integers(len(candidates))])


def window_frames(
    start: int, frames: int, tempo: float = 1.0, window: int = WINDOW_FRAMES
) -> Starts:
    """Return the frames (window,) of a window when a clip of `frames` frames plays `tempo` times as fast."""
    chosen: Starts = np.rint(start + tempo * np.arange(window)).astype(np.int64)
    return chosen.clip(max=frames - 1)
