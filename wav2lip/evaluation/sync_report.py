"""Sync report of one finished video: scores second by second, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.scorer import SyncScores, embed_all, score
from wav2lip.evaluation.segments import largest_face, read_pcm
from wav2lip.faces.detectors import Detector
from wav2lip.metrics.lse import lse

SEGMENT_FRAMES = 1500  # judged at once: a minute, so that memory does not grow with length
TOLERANCE = 1  # frames; a larger av_offset is mentioned
UNRELATED = (
    0.01  # LSE-C over LSE-D; below, no offset fits better than any other (a frozen mouth: 0.03)
)


@dataclass(frozen=True)
class SyncReport:
    """Sync of a video. Distances and confidences are in the judge's units.

    Attributes:
        judge: `LoadedJudge.facts()`.
        lse_d: LSE-D; lower is better.
        lse_c: LSE-C; higher is better.
        av_offset: frames of 40 ms; positive: the sound comes early.
        min_confidence: the LSE-C that was required; None: none.
        passed: whether `lse_c` reaches `min_confidence`; None if nothing was required.
        seconds: time (s), distance, confidence and av_offset of every second.
        weak: start and end (s) of each span with a low confidence.
        remarks: what was not scored.
    """

    judge: dict[str, Any]
    lse_d: float
    lse_c: float
    av_offset: int
    min_confidence: float | None
    passed: bool | None
    seconds: list[dict[str, float]] = field(default_factory=list)
    weak: list[list[float]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Convert to plain data, with `line()` as `summary`."""
        return {**asdict(self), "summary": self.line()}

    def line(self) -> str:
        """Summarise in one line."""
        scores = (
            f"LSE-D {self.lse_d:.3f}, LSE-C {self.lse_c:.3f}, AV offset {self.av_offset:+d} frames"
        )
        unrelated = self.lse_c < UNRELATED * self.lse_d
        if unrelated:
            shift = " (meaningless: mouth and sound are unrelated)"
        else:
            shift = " for the whole video" if abs(self.av_offset) > TOLERANCE else ""
        weak = ", ".join(f"{start:g}-{end:g} s" for start, end in self.weak)
        spans = f", low confidence at {weak}" if weak else ", no second with low confidence"
        if unrelated and not weak:
            spans = ""
        verdict = ""
        if self.passed is False:
            verdict = f"; FAILED: LSE-C is below the required {self.min_confidence:g}"
        return f"{scores}{shift}{spans}{verdict} (judge: {self.judge['label']})"


def weak_spans(
    times: NDArray[np.float64], confidence: NDArray[np.float64], minimum: float, span: float = 1.0
) -> list[list[float]]:
    """Steps [start, end) of `span` s whose confidence (S,) at `times` (S,) is below `minimum`; neighbours joined."""
    spans: list[list[float]] = []
    for step in np.floor(times[confidence < minimum] / span):
        start, end = float(step * span), float((step + 1) * span)
        if spans and np.isclose(spans[-1][1], start):
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return spans


def _seconds(sync: SyncScores) -> Iterator[dict[str, float]]:
    """Scores of every second; one at an end without sound at the video's av_offset is left out."""
    for time, distance, confidence, av_offset in zip(*sync.curve, strict=True):
        if np.isnan(distance):
            continue
        yield {
            "time": round(float(time), 3),
            "distance": float(distance),
            "confidence": float(confidence),
            "av_offset": int(av_offset),
        }


def sync_report(
    sync: SyncScores,
    judge: dict[str, Any],
    min_confidence: float | None = None,
    remarks: Sequence[str] = (),
    span: float = 1.0,
) -> SyncReport:
    """Make the report of a video that has been scored.

    Args:
        sync: scores of the video.
        judge: `LoadedJudge.facts()`.
        min_confidence: LSE-C that the video must reach. A second is weak if its confidence at the video's av_offset
            is below it; without one, below 0, where another offset fits better.
        remarks: what was not scored.
        span: seconds of each step of the curve.
    """
    found = lse(sync.distances)
    return SyncReport(
        judge=judge,
        lse_d=found.distance,
        lse_c=found.confidence,
        av_offset=found.av_offset,
        min_confidence=min_confidence,
        passed=None if min_confidence is None else found.confidence >= min_confidence,
        seconds=list(_seconds(sync)),
        weak=weak_spans(sync.curve.times, sync.curve.confidence, min_confidence or 0.0, span),
        remarks=list(remarks),
    )


def check_sync(
    video: Path, judge: LoadedJudge, detector: Detector, min_confidence: float | None = None
) -> SyncReport:
    """Score the largest face of every shot of a video with the video's own sound.

    The ends are not padded, so that a cut does not count as a fault.

    Args:
        video: the file.
        judge: scores sync.
        detector: finds the faces.
        min_confidence: see `sync_report`.

    Raises:
        InputError: no sound, no face, or too short to judge.
    """
    segments = largest_face(video, read_pcm(video), detector, judge.track_view, SEGMENT_FRAMES)
    parts, short = embed_all(segments, judge.judge, "all")
    return sync_report(score(parts, "none"), judge.facts(), min_confidence, short)
