"""LSE-D, LSE-C and the offset: how far lips and sound lie apart in a judge's eyes.

Source: Chung & Zisserman, "Out of time" (2016), SyncNetInstance.py of joonson/syncnet_python, as
used by Prajwal et al., "A Lip Sync Expert Is All You Need" (2020).
"""

from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wav2lip.errors import InputError
from wav2lip.metrics.clip_values import ClipMean, ClipMedian
from wav2lip.metrics.judges import Judge, SyncNetV2Judge
from wav2lip.types import FPS, MAX_SHIFT, SAMPLE_RATE, SAMPLES_PER_FRAME, WINDOW_FRAMES

SHIFTS = 2 * MAX_SHIFT + 1  # 31

Windows = Literal["published", "all"]
Padding = Literal["zeros", "none"]


class SyncScore(NamedTuple):
    """One clip's scores; unpacks as LSE-D, LSE-C, offset."""

    distance: float  # LSE-D, the judge's units, lower is better
    confidence: float  # LSE-C, the judge's units, higher is better
    offset: int  # frames of 40 ms; positive: the sound comes early, delay it


class SyncCurve(NamedTuple):
    """The scores along a clip, one entry a span; weak spans have a low confidence."""

    times: NDArray[np.float64]  # (S,) s, middle of the span
    distance: NDArray[np.float64]  # (S,) at the clip's offset
    confidence: NDArray[
        np.float64
    ]  # (S,) at the clip's offset; below 0: another offset fits better
    offset: NDArray[np.int64]  # (S,) frames, the span's own


def window_count(frames: int, samples: int, windows: Windows = "published") -> int:
    """How many 5-frame windows of a clip are scored.

    "published" keeps the released code's count, "all" adds the one that it leaves out.
    Raises InputError when not one window is left.
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


def shift_distances(lips: Tensor, audio: Tensor, padding: Padding = "zeros") -> NDArray[np.float32]:
    """Distances of every lip window to the sounds around it: (n,D), (n,D) -> (n,31).

    Column c pairs lips w with sound w + c - 15. Beyond the ends stand zero vectors, as published;
    with padding "none" those entries are NaN and weigh nothing.
    """
    padded = nn.functional.pad(audio, (0, 0, MAX_SHIFT, MAX_SHIFT))
    columns = [
        nn.functional.pairwise_distance(lips, padded[shift : shift + len(lips)])
        for shift in range(SHIFTS)
    ]
    distances: NDArray[np.float32] = torch.stack(columns, 1).numpy()
    if padding == "none":
        sound = np.arange(len(lips))[:, None] + np.arange(SHIFTS) - MAX_SHIFT
        distances[(sound < 0) | (sound >= len(lips))] = np.nan
    return distances


def window_distances(
    frames: NDArray[np.uint8],
    pcm: NDArray[np.int16],
    judge: Judge | nn.Module,
    windows: Windows = "published",
    padding: Padding = "zeros",
) -> NDArray[np.float32]:
    """Frames (T,S,S,3) BGR uint8 at 25 fps and pcm (N,) int16 at 16 kHz -> (n,31) distances.

    A bare module is taken for SyncNet v2 (S = 224). Frames or sound beyond the shorter of the two
    are not looked at. Raises InputError for a clip too short, ValueError for a wrong type or shape.
    """
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(f"frames must be (T,S,S,3) uint8, not {frames.shape} {frames.dtype}")
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise ValueError(f"pcm must be (N,) int16 at 16 kHz, not {pcm.shape} {pcm.dtype}")
    count = window_count(len(frames), len(pcm), windows)
    chosen = SyncNetV2Judge(judge) if isinstance(judge, nn.Module) else judge
    audio, lips = chosen.embed(frames, pcm, count)
    return shift_distances(lips, audio, padding)


def mean_distances(distances: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean over windows, (n,31) -> (31,); NaN entries weigh nothing, a column of them stays NaN."""
    real = np.isfinite(distances)
    total = np.where(real, distances, 0).sum(0, dtype=np.float64)
    count = real.sum(0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def sync_distances(
    frames: NDArray[np.uint8],
    pcm: NDArray[np.int16],
    judge: Judge | nn.Module,
    windows: Windows = "published",
    padding: Padding = "zeros",
) -> NDArray[np.float64]:
    """(31,) mean distance at every shift; arguments and errors as in `window_distances`.

    With padding "none" a clip under 16 windows has no real pair at the far shifts: InputError.
    """
    mean = mean_distances(window_distances(frames, pcm, judge, windows, padding))
    if np.isnan(mean).any():
        raise InputError(
            f"{len(frames)} frames leave no pair at a shift of {MAX_SHIFT} frames:"
            " give 21 frames (0.84 s) or more, or pad with zeros as published"
        )
    return mean


def lse(distances: NDArray[np.floating]) -> SyncScore:
    """Mean distances (31,) -> LSE-D (min), LSE-C (median - min), offset (15 - argmin) in frames."""
    values = np.asarray(distances, np.float64)
    if values.shape != (SHIFTS,):
        raise ValueError(f"distances must be ({SHIFTS},), not {values.shape}")
    best = int(values.argmin())
    return SyncScore(float(values[best]), float(np.median(values) - values[best]), MAX_SHIFT - best)


def fine_offset(distances: NDArray[np.floating]) -> float:
    """Mean distances (31,) -> the offset in frames and parts of one, by a parabola through the minimum.

    Encoders delay sound by parts of a frame: two codings of one clip may lie a frame apart in `lse`
    for nothing. A minimum at an end, or a flat one, is left as it is.
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
    """Window distances (n,31) -> scores of every `span` seconds, at the whole clip's offset.

    `starts` (n,): when each window starts, in s; by default one follows the other from 0 on.
    A window belongs to the span that holds its middle. A span's confidence is the median over the
    shifts minus the distance at the clip's offset, as the released code has it per frame.
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


class LSEDistance(ClipMean):
    """Mean LSE-D over clips; `update` takes one clip's mean distances (31,)."""

    higher_is_better = False

    def update(self, distances: NDArray[np.floating]) -> None:
        """Add one clip."""
        self.add(lse(distances).distance)


class LSEConfidence(ClipMean):
    """Mean LSE-C over clips; `update` takes one clip's mean distances (31,)."""

    higher_is_better = True

    def update(self, distances: NDArray[np.floating]) -> None:
        """Add one clip."""
        self.add(lse(distances).confidence)


class SyncOffset(ClipMedian):
    """Median offset over clips, frames: a mean would follow the clips that the judge got wrong."""

    def update(self, distances: NDArray[np.floating]) -> None:
        """Add one clip."""
        self.add(lse(distances).offset)
