"""Audio-video offset of a whole clip, and how stable it is, from the embeddings of its windows.

A sync network is unreliable on a single window; its mean over the windows of a clip peaks at the right shift.
The height of that peak is no measure of certainty, because every network has its own scale. The blocks of
windows are therefore resampled with replacement, and the share of resamples that find the same shift is the
agreement.

Sources: Efron, "Bootstrap methods: another look at the jackknife" (1979); in blocks, because neighbouring
windows share frames: Künsch, "The jackknife and the bootstrap for general stationary observations" (1989).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.types import MAX_SHIFT

BLOCK = 5  # windows; windows farther apart share no frame
MIN_BLOCKS = 4  # fewer cannot tell a peak from chance
RESAMPLES = 500
NEAR = 1  # frames; neighbouring shifts count as the same peak
SEED = 0
FLAT = 1e-6  # range of the scores of a sound that is the same throughout, such as silence; rounding is below it


class ClipOffset(NamedTuple):
    """Measured offset of a clip.

    Attributes:
        av_offset: frames; positive: the sound comes early and must be delayed (the sign of SyncNet).
        agreement: share of resamples, 0-1, within `NEAR` frames of `av_offset`.
        sign_agreement: share of resamples, 0-1, that are off in the same direction; 0 if `av_offset` is 0.
    """

    av_offset: int
    agreement: float
    sign_agreement: float


def offset_scores(
    lips: NDArray[np.float32], audio: NDArray[np.float32], max_shift: int = MAX_SHIFT
) -> NDArray[np.float32]:
    """Similarity of the lips of every window to the sounds around it.

    Both sides are centred over the clip: what all windows share (speaker, room) carries no timing, and a
    window that resembles everything would weigh too much.

    Args:
        lips: (W, D) embeddings of consecutive windows.
        audio: (W, D) embeddings of the same windows.
        max_shift: frames to either side, at least 0.

    Returns:
        (W, 2 * max_shift + 1). Entry (w, s + max_shift) pairs lips w with sound w + s; NaN if there is no such
        sound. A clip with the `av_offset` o peaks at s = -o.
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


def clip_offset(
    scores: NDArray[np.float32], resamples: int = RESAMPLES, block: int = BLOCK
) -> ClipOffset | None:
    """Find the offset of a clip and its agreement.

    Only shifts at which at least half the windows have a sound are searched. The resampling is seeded: the
    same scores give the same result.

    Args:
        scores: (W, 2M+1) from `offset_scores`.
        resamples: number of bootstrap resamples.
        block: windows that are resampled together: the frames of a window, so that blocks are independent.

    Returns:
        The offset, with agreement 0 if all shifts fit alike, as under silence; None for fewer than 4 blocks (20
        windows of 5 frames), which cannot tell an offset from chance.
    """
    blocks = -(-len(scores) // block)
    if len(scores) < MIN_BLOCKS * block:
        return None
    middle = scores.shape[1] // 2
    reach = min(middle, len(scores) // 2)
    scores = scores[:, middle - reach : middle + reach + 1]
    edges = np.arange(blocks) * block
    known = np.isfinite(scores)
    sums = np.add.reduceat(np.where(known, scores, 0), edges, dtype=np.float64)  # (blocks, shifts)
    counts = np.add.reduceat(known, edges, dtype=np.float64)
    whole = sums.sum(0) / counts.sum(0)
    if np.ptp(whole) < FLAT:
        return ClipOffset(0, 0.0, 0.0)
    best = int(whole.argmax()) - reach  # frames that the sound is late
    rng = np.random.default_rng(SEED)
    chosen = rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples).astype(np.float64)
    pairs = chosen @ counts
    means = np.where(pairs > 0, chosen @ sums / np.maximum(pairs, 1), -np.inf)
    found = means.argmax(1) - reach  # (resamples,)
    off = float(np.mean(np.sign(found) == np.sign(best))) if best else 0.0
    return ClipOffset(-best, float(np.mean(np.abs(found - best) <= NEAR)), off)
