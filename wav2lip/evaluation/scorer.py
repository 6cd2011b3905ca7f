"""LSE of face segments, its curve over time, and its controls: late audio and a frozen mouth.

Every window is embedded once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.segments import FaceSegment
from wav2lip.evaluation.systems import CONTROL_SHIFT
from wav2lip.metrics.judges import Embeddings, Judge
from wav2lip.metrics.leak import confidence_at_zero
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
from wav2lip.utils.values import Number, OneOf, check, optional


@dataclass(frozen=True)
class Scoring:
    """How the distances of a judge become scores.

    Attributes:
        windows: "published" leaves out the last window, as the released code does; "all" does not. None: published
            for SyncNet v2, all for a sync expert.
        padding: what stands beyond the ends of a clip, "zeros" as published, or "none". None: zeros for SyncNet v2,
            none for a sync expert, whose unit embeddings are closer to the zero vector than to an unrelated
            embedding, so that zeros would pull its offsets to the ends.
        span: seconds per step of the curves.

    Raises:
        InputError: a value is out of range.
    """

    windows: Windows | None = None
    padding: Padding | None = None
    span: float = 1.0

    def __post_init__(self) -> None:
        check("scoring.span", self.span, Number(0, above=True))
        check("scoring.windows", self.windows, optional(OneOf(("all", "published"))))
        check("scoring.padding", self.padding, optional(OneOf(("none", "zeros"))))

    def of(self, judge: LoadedJudge) -> tuple[Windows, Padding]:
        """Windows and padding for a judge."""
        windows: Windows = "published" if judge.published else "all"
        padding: Padding = "zeros" if judge.published else "none"
        return self.windows or windows, self.padding or padding


@dataclass(frozen=True)
class EmbeddedSegment:
    """A face segment in the space of the judge, n windows.

    Attributes:
        first: video frame at which window 0 starts.
        audio: (n,D).
        lips: (n,D).
        frozen: (D,) lips of the first frame repeated.
    """

    first: int
    audio: Embeddings
    lips: Embeddings
    frozen: Embeddings


@dataclass(frozen=True)
class SyncScores:
    """Sync of one clip.

    Attributes:
        distances: (31,) mean distance at every shift; entry k stands for the av_offset 15 - k.
        curve: scores over time.
        windows: number of windows.
    """

    distances: NDArray[np.float64]
    curve: SyncCurve
    windows: int

    def values(self) -> dict[str, float]:
        """Scores by name; those "at 0" are at no shift, whatever the av_offset of the clip."""
        score = lse(self.distances)
        return {
            "lse_d": score.distance,
            "lse_c": score.confidence,
            "av_offset": float(score.av_offset),
            "av_offset_fine": fine_offset(self.distances),
            "lse_d_at_0": float(self.distances[MAX_SHIFT]),
            "lse_c_at_0": confidence_at_zero(self.distances),
        }


def embed(segment: FaceSegment, judge: Judge, windows: Windows = "published") -> EmbeddedSegment:
    """Embed both sides of every window of a segment.

    Raises:
        InputError: the segment is shorter than a window.
    """
    count = window_count(len(segment.pictures), len(segment.pcm), windows)
    audio, lips = judge.embed(segment.pictures, segment.pcm, count)
    still = np.repeat(segment.pictures[:1], WINDOW_FRAMES, axis=0)
    _, frozen = judge.embed(still, segment.pcm[: WINDOW_FRAMES * SAMPLES_PER_FRAME], 1)
    return EmbeddedSegment(segment.first, audio, lips, frozen[0])


def embed_all(
    segments: Iterable[FaceSegment], judge: Judge, windows: Windows = "published"
) -> tuple[list[EmbeddedSegment], list[str]]:
    """Embed the segments that are long enough.

    Returns:
        These segments, and a remark on the others if there are any.

    Raises:
        InputError: no segment is long enough.
    """
    parts: list[EmbeddedSegment] = []
    short: list[tuple[int, int]] = []  # first and last frame
    reasons: list[str] = []
    for segment in segments:
        try:
            parts.append(embed(segment, judge, windows))
        except InputError as error:
            last = segment.first + len(segment.pictures) - 1
            if short and short[-1][1] == segment.first - 1:
                short[-1] = short[-1][0], last
            else:
                short.append((segment.first, last))
            reasons.append(str(error))
    frames = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in short)
    if not parts:
        raise InputError(f"frames {frames}: {reasons[0]}" if short else "no frames to score")
    if len(reasons) == 1:
        return parts, [f"not scored, frames {frames}: {reasons[0]}"]
    fewest = f"a face must be seen for {WINDOW_FRAMES} frames without a break"
    return parts, [f"not scored, frames {frames}: {fewest}"] if reasons else []


def delayed(parts: Iterable[EmbeddedSegment], frames: int = CONTROL_SHIFT) -> list[EmbeddedSegment]:
    """The same segments with their sound `frames` late; segments without that many more windows are left out.

    Raises:
        InputError: no segment has more windows than that.
    """
    given = list(parts)
    found = [
        replace(
            part, first=part.first + frames, audio=part.audio[:-frames], lips=part.lips[frames:]
        )
        for part in given
        if len(part.lips) > frames
    ]
    if not found:
        longest = max(len(part.lips) for part in given)
        raise InputError(f"{longest} windows are too few for a sound {frames} frames late")
    return found


def frozen(parts: Iterable[EmbeddedSegment]) -> list[EmbeddedSegment]:
    """The same segments with a mouth that stands still."""
    return [replace(part, lips=np.broadcast_to(part.frozen, part.lips.shape)) for part in parts]


def score(
    parts: list[EmbeddedSegment], padding: Padding = "zeros", span: float = 1.0
) -> SyncScores:
    """Score all windows of a clip's segments.

    Args:
        parts: the segments.
        padding: see `wav2lip.metrics.lse.shift_distances`.
        span: seconds per step of the curve.

    Raises:
        InputError: with padding "none", a shift has no pair of windows.
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
