"""LSE-D, LSE-C and the offset: the distance between lips and sound in the embedding space of a judge.

Sources: Chung & Zisserman, "Out of time: automated lip sync in the wild" (2016); SyncNetInstance.py of
joonson/syncnet_python; Prajwal et al., "A Lip Sync Expert Is All You Need" (2020), which names the two scores.
"""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.metrics.judges import Embeddings, Judge, SyncNetV2Judge
from wav2lip.types import FPS, MAX_SHIFT, SAMPLE_RATE, SAMPLES_PER_FRAME, WINDOW_FRAMES, Image, Pcm

if TYPE_CHECKING:
    from torch import nn

EPSILON = 1e-6  # added to every difference, as the released code does by torch's pairwise_distance
SHIFTS = 2 * MAX_SHIFT + 1  # 31
AV_OFFSETS = MAX_SHIFT - np.arange(
    SHIFTS
)  # frames, the av_offset that each of the 31 distances stands for

Windows = Literal["published", "all"]
Padding = Literal["zeros", "none"]


class SyncScore(NamedTuple):
    """Scores of one clip; unpacks as LSE-D, LSE-C, offset.

    Attributes:
        distance: LSE-D in the judge's units; lower is better.
        confidence: LSE-C in the judge's units; higher is better.
        av_offset: frames of 40 ms; positive: the sound comes early and must be delayed.
    """

    distance: float
    confidence: float
    av_offset: int


class SyncCurve(NamedTuple):
    """Scores along a clip, one entry per span.

    Attributes:
        times: (S,) seconds, middle of each span.
        distance: (S,) at the av_offset of the whole clip.
        confidence: (S,) at the av_offset of the whole clip; below 0: another offset fits better.
        av_offset: (S,) frames, of the span itself.
    """

    times: NDArray[np.float64]
    distance: NDArray[np.float64]
    confidence: NDArray[np.float64]
    av_offset: NDArray[np.int64]


def window_count(frames: int, samples: int, windows: Windows = "published") -> int:
    """Number of 5-frame windows of a clip that are scored.

    Args:
        frames: at 25 fps.
        samples: at 16 kHz.
        windows: "published" counts as the released code does, one fewer than fit; "all" counts every one.

    Raises:
        InputError: not one window is left.
    """
    fitting = min(frames, samples // SAMPLES_PER_FRAME) - WINDOW_FRAMES + 1
    count = fitting - 1 if windows == "published" else fitting
    if count < 1:
        least = WINDOW_FRAMES + fitting - count
        raise InputError(
            f"{frames} frames with {samples / SAMPLE_RATE:.2f} s of sound are too short to judge:"
            f" give {least} frames ({least / FPS:.2f} s) of both or more"
        )
    return count


def shift_distances(
    lips: Embeddings, audio: Embeddings, padding: Padding = "zeros"
) -> NDArray[np.float32]:
    """Euclidean distances of every lip window to the sounds around it.

    Args:
        lips: (n,D) embeddings.
        audio: (n,D) embeddings.
        padding: what stands beyond the ends: "zeros", zero vectors as published, or "none", NaN.

    Returns:
        (n,31). Column c pairs lips w with sound w + c - 15.
    """
    padded = np.pad(audio, ((MAX_SHIFT, MAX_SHIFT), (0, 0)))
    distances = np.empty((len(lips), SHIFTS), np.float32)
    for shift in range(SHIFTS):
        apart = lips - padded[shift : shift + len(lips)] + np.float32(EPSILON)
        distances[:, shift] = np.sqrt(np.einsum("nd,nd->n", apart, apart))
    if padding == "none":
        sound = np.arange(len(lips))[:, None] + np.arange(SHIFTS) - MAX_SHIFT
        distances[(sound < 0) | (sound >= len(lips))] = np.nan
    return distances


def window_distances(
    frames: Image,
    pcm: Pcm,
    judge: "Judge | nn.Module",
    windows: Windows = "published",
    padding: Padding = "zeros",
) -> NDArray[np.float32]:
    """Distances of every window of a clip at every shift.

    Frames or sound beyond the shorter of the two have no effect.

    Args:
        frames: (T,S,S,3) BGR at 25 fps.
        pcm: (N,) at 16 kHz.
        judge: embeds both sides; a bare module is taken for SyncNet v2 (S = 224).
        windows: see `window_count`.
        padding: see `shift_distances`.

    Returns:
        (n,31).

    Raises:
        InputError: the clip is too short.
        ValueError: a wrong dtype or shape.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"frames must be (T,S,S,3) uint8, not {frames.shape} {frames.dtype}")
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise ValueError(f"pcm must be (N,) int16 at 16 kHz, not {pcm.shape} {pcm.dtype}")
    count = window_count(len(frames), len(pcm), windows)
    chosen = judge if isinstance(judge, Judge) else SyncNetV2Judge(judge)
    audio, lips = chosen.embed(frames, pcm, count)
    return shift_distances(lips, audio, padding)


def mean_distances(distances: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean over windows, (n,31) -> (31,); NaN entries have no weight, a column of NaN stays NaN."""
    real = np.isfinite(distances)
    total = np.where(real, distances, 0).sum(0, dtype=np.float64)
    count = real.sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def sync_distances(
    frames: Image,
    pcm: Pcm,
    judge: "Judge | nn.Module",
    windows: Windows = "published",
    padding: Padding = "zeros",
) -> NDArray[np.float64]:
    """Mean distance at every shift, (31,); arguments and errors as for `window_distances`.

    Raises:
        InputError: also if, with padding "none", fewer than 16 windows leave the far shifts without a pair.
    """
    mean = mean_distances(window_distances(frames, pcm, judge, windows, padding))
    if np.isnan(mean).any():
        raise InputError(
            f"{len(frames)} frames leave no pair at a shift of {MAX_SHIFT} frames:"
            " give 21 frames (0.84 s) or more, or pad with zeros as published"
        )
    return mean


def lse(distances: NDArray[np.floating]) -> SyncScore:
    """LSE-D (minimum), LSE-C (median - minimum) and av_offset (15 - argmin) of mean distances (31,).

    Raises:
        ValueError: another shape.

    Examples:
        >>> distances = np.full(31, 10.0)
        >>> distances[12] = 4.0
        >>> lse(distances)
        SyncScore(distance=4.0, confidence=6.0, av_offset=3)
    """
    values = np.asarray(distances, np.float64)
    if values.shape != (SHIFTS,):
        raise ValueError(f"distances must be ({SHIFTS},), not {values.shape}")
    best = int(values.argmin())
    return SyncScore(float(values[best]), float(np.median(values) - values[best]), MAX_SHIFT - best)


def fine_offset(distances: NDArray[np.floating]) -> float:
    """The av_offset with a fraction, by a parabola through the minimum of mean distances (31,).

    Encoders delay sound by fractions of a frame: two codings of one clip may differ by a whole frame in `lse`.
    A minimum at an end, or a flat one, stays a whole number.
    """
    values = np.asarray(distances, np.float64)
    best = int(values.argmin())
    if not 0 < best < SHIFTS - 1:
        return float(MAX_SHIFT - best)
    before, here, after = values[best - 1 : best + 2]
    bend = before - 2 * here + after
    return float(MAX_SHIFT - best - (0.5 * (before - after) / bend if bend > 0 else 0.0))


def sync_curve(
    distances: NDArray[np.float32], span: float = 1.0, starts: NDArray[np.float64] | None = None
) -> SyncCurve:
    """Scores of every `span` seconds at the av_offset of the whole clip.

    A window belongs to the span that holds its middle. The confidence of a span is the median over the shifts
    minus the distance at the clip's av_offset, as the released code computes it per frame.

    Args:
        distances: (n,31) of every window.
        span: seconds.
        starts: (n,) seconds at which each window starts; None: consecutive windows from 0.
    """
    first = np.arange(len(distances)) / FPS if starts is None else starts
    middle = first + WINDOW_FRAMES / 2 / FPS
    index = np.floor(middle / span).astype(int)
    best = int(np.nanargmin(mean_distances(distances)))
    spans = np.unique(index)
    means = np.stack([mean_distances(distances[index == part]) for part in spans])
    own = np.array([MAX_SHIFT - int(np.nanargmin(row)) for row in means], np.int64)
    times = np.array([middle[index == part].mean() for part in spans])
    return SyncCurve(times, means[:, best], np.nanmedian(means, 1) - means[:, best], own)
