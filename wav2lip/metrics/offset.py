"""The offset of a whole clip, and how sure it is, from the embeddings of its windows.

A judge of sync says little about one window; the mean over a clip's windows peaks at the right shift. How
sure that peak is does not follow from its height, which is on another scale for every judge: so the clip's
blocks of windows are resampled with replacement (Efron 1979; in blocks, since neighbouring windows share
frames: Künsch 1989), and the share of resamples that find the same shift is the confidence.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wav2lip.types import MAX_SHIFT

BLOCK = 5  # windows; two windows farther apart share no frame
MIN_BLOCKS = 4  # fewer cannot tell a peak from chance
RESAMPLES = 500
NEAR = 1  # frames; neighbouring shifts are one and the same peak
SEED = 0

Scores = npt.NDArray[np.float32]


class ClipOffset(NamedTuple):
    """How late the sound of a clip comes."""

    frames: int  # negative: the sound comes early
    confidence: float  # 0-1, share of resamples within NEAR frames of `frames`
    certainly_off: (
        float  # 0-1, share of resamples that are off in the same direction; 0 where frames is 0
    )


def offset_scores(lips: Scores, audio: Scores, max_shift: int = MAX_SHIFT) -> Scores:
    """Similarity of every window's lips to the sounds around it.

    Both sides are centred over the clip: what all of its windows share (the speaker, the room) says nothing
    about the moment, and a window that is like everything would weigh too much.

    Args:
        lips: (W, D) embeddings of consecutive windows.
        audio: (W, D).
        max_shift: frames, at least 0.

    Returns:
        (W, 2 * max_shift + 1); entry (w, s + max_shift) pairs lips w with sound w + s, NaN where there is none.
    """
    lips, audio = lips - lips.mean(0), audio - audio.mean(0)
    count = len(lips)
    scores = np.full((count, 2 * max_shift + 1), np.nan, np.float32)
    for shift in range(-max_shift, max_shift + 1):
        first, last = max(0, -shift), min(count, count - shift)
        if first < last:
            pairs = lips[first:last] * audio[first + shift : last + shift]
            scores[first:last, shift + max_shift] = pairs.sum(1)
    return scores


def clip_offset(scores: Scores, resamples: int = RESAMPLES) -> ClipOffset | None:
    """Offset of a clip and its confidence from `offset_scores` (W, 2M+1).

    Only shifts at which half the windows have a sound are searched. None for fewer than 20 windows, in which
    no offset can be told from chance. The same scores give the same answer: the resampling is seeded.
    """
    blocks = -(-len(scores) // BLOCK)
    if len(scores) < MIN_BLOCKS * BLOCK:
        return None
    middle = scores.shape[1] // 2
    reach = min(middle, len(scores) // 2)
    scores = scores[:, middle - reach : middle + reach + 1]
    edges = np.arange(blocks) * BLOCK
    known = np.isfinite(scores)
    sums = np.add.reduceat(np.where(known, scores, 0), edges, dtype=np.float64)  # (blocks, shifts)
    counts = np.add.reduceat(known, edges, dtype=np.float64)
    best = int((sums.sum(0) / counts.sum(0)).argmax()) - reach
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples).astype(np.float64)
    pairs = drawn @ counts
    means = np.where(pairs > 0, drawn @ sums / np.maximum(pairs, 1), -np.inf)
    found = means.argmax(1) - reach  # (resamples,)
    off = float(np.mean(np.sign(found) == np.sign(best))) if best else 0.0
    return ClipOffset(best, float(np.mean(np.abs(found - best) <= NEAR)), off)
