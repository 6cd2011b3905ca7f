"""Which windows of a clip a sample shows: pure functions of the clip's length and a random generator."""

import numpy as np
import numpy.typing as npt

WINDOW = 5  # frames, 200 ms at 25 fps: the published window (Prajwal et al. 2020, section 3.1)

Starts = npt.NDArray[np.int64]


def window_starts(frames: int, window: int = WINDOW, margin: int = 0) -> range:
    """First frames of all whole windows, `margin` frames away from both ends where the clip allows it."""
    last = frames - window
    if last < 0:
        return range(0)
    margin = min(margin, last // 2)
    return range(margin, last - margin + 1)


def sample_starts(count: int, allowed: range, gap: int, rng: np.random.Generator) -> Starts:
    """`count` starts in random order, at least `gap` frames apart; the gap shrinks where the clip is short.

    Returns (count,) distinct starts; with fewer than `count` allowed ones, some come twice.
    """
    room = len(allowed)
    if room < count:
        return rng.choice(np.asarray(allowed), count, replace=True)
    gap = min(gap, (room - 1) // max(count - 1, 1)) if count > 1 else 1
    # Sorted picks from a range shortened by all gaps, spread out again: no two are closer than a gap.
    slack = room - (count - 1) * gap
    picks = np.sort(rng.integers(0, slack, count)) + gap * np.arange(count)
    return rng.permutation(picks + allowed.start)


def even_starts(count: int, allowed: range) -> Starts:
    """`count` consecutive starts from the middle of the clip: the same windows at every validation."""
    first = allowed.start + max(0, (len(allowed) - count) // 2)
    return np.minimum(np.arange(first, first + count), allowed[-1])


def hard_negatives(positive: int, allowed: range, gap: int) -> Starts:
    """Other starts of the same clip at least `gap` frames away; the farthest where none is."""
    gap = min(gap, max(abs(allowed[0] - positive), abs(allowed[-1] - positive)))
    every: Starts = np.arange(allowed.start, allowed.stop)
    return every[np.abs(every - positive) >= gap]


def hard_negative(positive: int, allowed: range, gap: int, rng: np.random.Generator) -> int:
    """One of `hard_negatives`."""
    away = hard_negatives(positive, allowed, gap)
    return int(away[rng.integers(len(away))])


def window_frames(start: int, frames: int, tempo: float = 1.0) -> Starts:
    """Frames (5,) that a window shows when its clip of `frames` frames is played `tempo` times as fast."""
    shown: Starts = np.rint(start + tempo * np.arange(WINDOW)).astype(np.int64)
    return shown.clip(max=frames - 1)


def reference_start(target: int, allowed: range, window: int, rng: np.random.Generator) -> int:
    """Where the reference frames begin: anywhere in the clip that does not overlap the target window.

    A reference that shows the target's own mouth would let the generator copy instead of listen.
    """
    return hard_negative(target, allowed, window, rng)
