"""From takes to LSE, its controls and its course in time; every window is embedded once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.segments import FaceSegment
from wav2lip.metrics.judges import Judge
from wav2lip.metrics.leak import agreement
from wav2lip.metrics.lse import (
    Padding,
    SyncCurve,
    Windows,
    fine_offset,
    lse,
    mean_distances,
    shift_distances,
    sync_curve,
    window_count,
)
from wav2lip.types import FPS, MAX_SHIFT, SAMPLES_PER_FRAME, WINDOW_FRAMES

CONTROL_SHIFT = 5  # frames that the shifted control's sound is late


@dataclass(frozen=True)
class Scoring:
    """How a judge's distances become scores; None is what suits the judge.

    windows: "published" leaves out the last window, as the released code does; "all" does not.
    padding: what is beyond a clip's ends: "zeros", as published, or "none". An expert's unit vectors
    all lie nearer to zero than to a stranger, so zeros would draw its offsets to the ends.
    span: seconds of a step of the curves.
    """

    windows: Windows | None = None
    padding: Padding | None = None
    span: float = 1.0

    def of(self, judge: LoadedJudge) -> tuple[Windows, Padding]:
        """As published for the published judge, without its two quirks for our own."""
        windows: Windows = "published" if judge.published else "all"
        padding: Padding = "zeros" if judge.published else "none"
        return self.windows or windows, self.padding or padding


@dataclass(frozen=True)
class Embedded:
    """A take in the judge's space: n windows from video frame `first` on."""

    first: int
    audio: Tensor  # (n,D)
    lips: Tensor  # (n,D)
    frozen: Tensor  # (D,) the first frame's lips, standing still


@dataclass(frozen=True)
class SyncScores:
    """What a judge says of one clip."""

    distances: NDArray[np.float64]  # (31,) mean distance at every shift
    curve: SyncCurve
    windows: int

    def values(self) -> dict[str, float]:
        """The scores by name; those at 0 are at no shift, whatever the clip's offset is."""
        score = lse(self.distances)
        return {
            "lse_d": score.distance,
            "lse_c": score.confidence,
            "offset": float(score.offset),
            "offset_fine": fine_offset(self.distances),
            "lse_d_at_0": float(self.distances[MAX_SHIFT]),
            "lse_c_at_0": agreement(self.distances),
        }


def embed(take: FaceSegment, judge: Judge, windows: Windows = "published") -> Embedded:
    """Both sides of every window of a take. Raises InputError for a take shorter than a window."""
    count = window_count(len(take.pictures), len(take.pcm), windows)
    audio, lips = judge.embed(take.pictures, take.pcm, count)
    still = np.repeat(take.pictures[:1], WINDOW_FRAMES, axis=0)
    _, frozen = judge.embed(still, take.pcm[: WINDOW_FRAMES * SAMPLES_PER_FRAME], 1)
    return Embedded(take.first, audio, lips, frozen[0])


def embed_all(
    takes: Iterable[FaceSegment], judge: Judge, windows: Windows = "published"
) -> tuple[list[Embedded], list[str]]:
    """The takes that are long enough, and a remark on those that are not.

    Raises InputError where none is.
    """
    parts, short = [], []
    for take in takes:
        try:
            parts.append(embed(take, judge, windows))
        except InputError as error:
            short.append(f"frames {take.first}-{take.first + len(take.pictures) - 1}: {error}")
    if not parts:
        raise InputError(short[0] if short else "not one frame to judge")
    return parts, [f"not scored, {remark}" for remark in short]


def delayed(part: Embedded, frames: int = CONTROL_SHIFT) -> Embedded:
    """The same clip with its sound `frames` late; InputError for a clip no longer than that."""
    if len(part.lips) <= frames:
        raise InputError(f"{len(part.lips)} windows are too few for a sound {frames} frames late")
    return replace(
        part, first=part.first + frames, audio=part.audio[:-frames], lips=part.lips[frames:]
    )


def frozen(part: Embedded) -> Embedded:
    """The same clip with a mouth that stands still."""
    return replace(part, lips=part.frozen.expand_as(part.lips))


def score(parts: list[Embedded], padding: Padding = "zeros", span: float = 1.0) -> SyncScores:
    """Scores over all windows of a clip's takes, and their course in steps of `span` seconds.

    Raises InputError where padding "none" leaves a shift without a pair.
    """
    each = [shift_distances(part.lips, part.audio, padding) for part in parts]
    distances = np.concatenate(each)
    starts = np.concatenate([part.first + np.arange(len(part.lips)) for part in parts]) / FPS
    mean = mean_distances(distances)
    if np.isnan(mean).any():
        raise InputError(
            f"{len(distances)} windows leave no pair at a shift of {MAX_SHIFT} frames: give 21 "
            "frames (0.84 s) without a break or more, or pad with zeros as published"
        )
    return SyncScores(mean, sync_curve(distances, span, starts), len(distances))
