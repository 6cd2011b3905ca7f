"""A certificate of sync: one finished video, judged second by second in little memory."""

from collections.abc import Iterator
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

MOST = 1500  # frames judged at once: a minute, so that memory does not grow with length
OFF = 1  # frames; an offset beyond is worth a word
NOTHING = 0.01  # LSE-C over LSE-D; below, the best offset fits no better than any other (a frozen mouth: 0.03)


@dataclass(frozen=True)
class SyncReport:
    """What a judge says of a video. Scores are in the judge's units, times in seconds."""

    judge: dict[str, Any]
    lse_d: float
    lse_c: float
    offset: int  # frames of 40 ms; positive: the sound comes early
    min_confidence: float | None
    passed: bool | None  # None where nothing was asked for
    seconds: list[dict[str, float]] = field(default_factory=list)  # time, confidence, offset, …
    weak: list[list[float]] = field(default_factory=list)  # start and end of each weak span
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)

    def line(self) -> str:
        """One line for people."""
        said = f"LSE-D {self.lse_d:.3f}, LSE-C {self.lse_c:.3f}, offset {self.offset:+d} frames"
        weak = ", ".join(f"{start:.0f}-{end:.0f} s" for start, end in self.weak)
        spans = f", weak at {weak}" if weak else ", no weak second"
        verdict = ""
        if self.passed is False:
            verdict = f"; NOT CERTIFIED: LSE-C is below {self.min_confidence:g}"
        if self.lse_c < NOTHING * self.lse_d:
            shift = "; mouth and sound have nothing in common, so that offset says nothing"
        else:
            shift = "; the whole video is off by that" if abs(self.offset) > OFF else ""
        return f"{said}{shift}{spans}{verdict} (judge: {self.judge['label']})"


def weak_spans(
    times: NDArray[np.float64], confidence: NDArray[np.float64], least: float
) -> list[list[float]]:
    """Seconds [start, end) whose confidence (S,) at `times` (S,) is below `least`, neighbours joined."""
    spans: list[list[float]] = []
    for second in np.floor(times[confidence < least]):
        if spans and spans[-1][1] == second:
            spans[-1][1] = float(second + 1)
        else:
            spans.append([float(second), float(second + 1)])
    return spans


def _course(sync: SyncScores) -> Iterator[dict[str, float]]:
    """Second by second; left out are those at an end that have no sound at the clip's offset."""
    for time, distance, confidence, offset in zip(*sync.curve, strict=True):
        if np.isnan(distance):
            continue
        yield {
            "time": round(float(time), 3),
            "distance": float(distance),
            "confidence": float(confidence),
            "offset": int(offset),
        }


def certify(
    video: Path, judge: LoadedJudge, detector: Detector, min_confidence: float | None = None
) -> SyncReport:
    """Judge the largest face of every shot of a video with its own sound.

    A second is weak where its confidence at the video's offset is below `min_confidence`, or below
    0, which says that another offset fits it better, where none is given. Ends are not padded, so
    that a cut does not count as a fault. Raises InputError: no sound, no face, too short to judge.
    """
    takes = largest_face(video, read_pcm(video), detector, judge.track_view, MOST)
    parts, short = embed_all(takes, judge.judge, "all")
    sync = score(parts, "none")
    found = lse(sync.distances)
    return SyncReport(
        judge=judge.facts(),
        lse_d=found.distance,
        lse_c=found.confidence,
        offset=found.offset,
        min_confidence=min_confidence,
        passed=None if min_confidence is None else found.confidence >= min_confidence,
        seconds=list(_course(sync)),
        weak=weak_spans(sync.curve.times, sync.curve.confidence, min_confidence or 0.0),
        remarks=short,
    )
