"""How well a sync network tells the sound of a segment from the same clip's sound at other moments.

A segment is a run of consecutive windows; the score of a shift is the mean similarity of its windows to the sounds that
many frames later (Chung & Zisserman, "Out of time: automated lip sync in the wild", 2016, sec. 4). A clip in sync is
taken for granted: the right shift is 0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import MAX_SHIFT

MIN_DISTANCE = 5  # frames; sound this far off shares no frame with its window of five
NEAR = 1  # frames; an offset found this near counts as found

Scores = NDArray[np.float32]  # (segments, 2 * MAX_SHIFT + 1)


class OffsetAccuracy(NamedTuple):
    """Accuracy on the segments of one clip. NaN: the clip has no such segment.

    Attributes:
        pairwise: share of pairs in which the own sound scores higher than a sound 5 to 15 frames off; chance 0.5.
        within_1: share of segments whose best of 31 shifts is at most 1 frame off; chance 3/31.
        exact: share of segments whose best of 31 shifts is 0; chance 1/31.
    """

    pairwise: float
    within_1: float
    exact: float


def shift_scores(lips: Scores, audio: Scores, max_shift: int = MAX_SHIFT) -> Scores:
    """Cosine similarity of every window's lips to the sounds around it.

    Args:
        lips: (W, D) unit vectors of consecutive windows.
        audio: (W, D) unit vectors of the same windows.
        max_shift: frames to either side.

    Returns:
        (W, 2 * max_shift + 1). Entry (w, s + max_shift) pairs lips w with sound w + s; NaN if there is no such sound.
    """
    count = len(lips)
    similarity = lips @ audio.T
    sound = np.arange(count)[:, None] + np.arange(-max_shift, max_shift + 1)
    scores = np.take_along_axis(similarity, sound.clip(0, count - 1), axis=1)
    scores[(sound < 0) | (sound >= count)] = np.nan
    return scores


def segment_scores(scores: Scores, windows: int) -> Scores:
    """Average the scores (W, S) over `windows` consecutive windows: (W - windows + 1, S), NaN where one is NaN.

    Examples:
        >>> import numpy as np
        >>> segment_scores(np.array([[1.0], [3.0], [np.nan], [5.0], [7.0]], np.float32), 2).ravel().tolist()
        [2.0, nan, nan, 6.0]
    """
    if len(scores) < windows:
        return scores[:0]
    view = np.lib.stride_tricks.sliding_window_view(scores, windows, axis=0)
    return np.asarray(view.mean(-1), np.float32)


def offset_accuracy(scores: Scores) -> OffsetAccuracy:
    """Measure the accuracy on the segments of one clip.

    Pairs with a missing sound do not count. Only segments with a sound at every shift count for the offset, so that
    each is found among the same number of shifts.

    Args:
        scores: (segments, S) from `segment_scores`, S odd.
    """
    middle = scores.shape[1] // 2
    shifts = np.arange(scores.shape[1]) - middle
    own, others = scores[:, middle, None], scores[:, np.abs(shifts) >= MIN_DISTANCE]
    wins = (own > others) + 0.5 * (own == others)
    pairs = ~(np.isnan(own) | np.isnan(others))
    pairwise = float(wins[pairs].mean()) if pairs.any() else float("nan")
    whole = scores[~np.isnan(scores).any(1)]
    if not len(whole):
        return OffsetAccuracy(pairwise, float("nan"), float("nan"))
    off = np.abs(whole.argmax(1) - middle)
    # A flat row has no best shift: it counts as wrong.
    off[whole.max(1) == whole.min(1)] = middle
    return OffsetAccuracy(pairwise, float((off <= NEAR).mean()), float((off == 0).mean()))
