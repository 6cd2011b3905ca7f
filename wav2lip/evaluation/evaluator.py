"""Pairs to scores: generate where asked, judge, judge the controls, measure the pictures."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import Generator, probe_leak
from wav2lip.evaluation.lists import Pair
from wav2lip.evaluation.quality import quality, read_both
from wav2lip.evaluation.reading import Reading
from wav2lip.evaluation.results import (
    FROZEN,
    GENERATED,
    LATE,
    REAL,
    VIDEO,
    ClipScores,
    Results,
    Skipped,
    sync_values,
)
from wav2lip.evaluation.scoring import Embedded, delayed, embed_all, frozen, score
from wav2lip.evaluation.takes import Take, read_pcm, remarks
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.detectors import Detector
from wav2lip.metrics.fid import FaceFID
from wav2lip.metrics.lse import Padding, Windows

# What a single bad file may raise beside InputError, the last resort of a long night's run.
FAILURES = (
    InputError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    av.error.FFmpegError,
    cv2.error,
)

Box = NDArray[np.float32]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scoring:
    """How a judge's distances become scores.

    windows: "published" leaves out the last window, as the released code does; "all" does not.
    padding: what is beyond a clip's ends: "zeros", as published, or "none".
    span: seconds of a step of the curves.
    """

    windows: Windows = "published"
    padding: Padding = "zeros"
    span: float = 1.0


@dataclass(frozen=True)
class Clip:
    """A clip as the judge has seen it; boxes (4,) px by frame at 25 fps."""

    name: str
    parts: list[Embedded]
    boxes: dict[int, Box]
    remarks: list[str]


class Evaluator:
    """`run(pairs, results)` fills the results; a pair that fails is listed, and the rest goes on.

    generator: makes each pair's video, in `folder`; without one the faces' videos are judged as
    they are, with the pair's sound. leak_seconds: length of the leak probe, 0 for none.
    """

    def __init__(
        self,
        judge: LoadedJudge,
        reading: Reading,
        detector: Detector,
        folder: Path,
        scoring: Scoring,
        generator: Generator | None = None,
        leak_seconds: float = 0.0,
        fid: FaceFID | None = None,
    ) -> None:
        self.judge, self.reading, self.detector = judge, reading, detector
        self.folder, self.scoring = folder, scoring
        self.generator, self.leak_seconds, self.fid = generator, leak_seconds, fid

    def run(self, pairs: Sequence[Pair], results: Results) -> Iterator[Pair]:
        """Score one pair after the other; yields each when it is done."""
        for number, pair in enumerate(pairs):
            other = pairs[(number + 1) % len(pairs)]
            try:
                if self.generator is None:
                    self._judge_as_is(pair, results)
                else:
                    self._generate_and_judge(pair, other, self.generator, results)
            except FAILURES as error:
                self._skip(results, pair.name, "everything", error)
            yield pair
        if self.fid is not None and any(row.system == GENERATED for row in results.clips):
            results.of_sets[GENERATED] = {"fid": float(self.fid.compute())}

    def _judge_as_is(self, pair: Pair, results: Results) -> None:
        clips = self._read(pair.name, pair.face, pair.audio, self.detector)
        for clip in clips:
            self._add(results, clip.name, VIDEO, clip.parts, clip.remarks)
            self._add_controls(results, clip)

    def _generate_and_judge(
        self, pair: Pair, other: Pair, generator: Generator, results: Results
    ) -> None:
        output = self.folder / "videos" / f"{pair.name}.mp4"
        generator(pair.face, pair.audio, output)
        made = self._read(pair.name, output, pair.audio, self.detector)
        real: list[Clip] = []
        try:
            with CachedDetector(self.detector, pair.face) as detector:
                real = self._read(pair.name, pair.face, pair.face, detector)
        except FAILURES as error:
            self._skip(results, pair.name, REAL, error)
        extra = self._extra(pair, other, output, real, generator, results)
        for clip in made:
            self._add(results, clip.name, GENERATED, clip.parts, clip.remarks, extra)
            extra = {}  # measured once a pair
        for clip in real:
            self._add(results, clip.name, REAL, clip.parts, clip.remarks)
        for clip in real or made:
            self._add_controls(results, clip)

    def _extra(
        self,
        pair: Pair,
        other: Pair,
        output: Path,
        real: list[Clip],
        generator: Generator,
        results: Results,
    ) -> dict[str, float]:
        """What is not the judge's: pictures against the source, and the leak probe."""
        values: dict[str, float] = {}
        pcm = read_pcm(pair.audio)
        if real and real[0].boxes:
            faces = read_both(output, pair.face, real[0].boxes)
            values |= quality(faces, pcm, pair.own_sound)
            if self.fid is not None and len(faces.generated):
                self.fid.update(faces.source, real=True)
                self.fid.update(faces.generated, real=False)
        if not self.leak_seconds:
            return values
        try:
            if other.audio == pair.audio:
                raise InputError("a swapped sound needs a second pair with another sound")
            swapped = read_pcm(other.audio)
            probed = probe_leak(generator, pair.face, pcm, swapped, self.leak_seconds)
        except FAILURES as error:
            self._skip(results, pair.name, "leak probe", error)
            return values
        leak = {"leak": probed.leak, "leak_follows": probed.follows}
        return values | leak | {"leak_response": probed.response}

    def _read(self, name: str, path: Path, audio: Path, detector: Detector) -> list[Clip]:
        pcm = read_pcm(audio)
        said = remarks(path, pcm)
        clips = []
        for suffix, takes in self.reading(path, pcm, detector, self.judge):
            boxes: dict[int, Box] = {}
            parts, short = embed_all(_noting(takes, boxes), self.judge.judge, self.scoring.windows)
            clips.append(Clip(name + suffix, parts, boxes, said + short))
        return clips

    def _add(
        self,
        results: Results,
        name: str,
        system: str,
        parts: list[Embedded],
        said: list[str],
        extra: dict[str, float] | None = None,
    ) -> None:
        sync = score(parts, self.scoring.padding, self.scoring.span)
        values = sync_values(sync) | (extra or {})
        results.clips.append(ClipScores(name, system, values, sync, said))

    def _add_controls(self, results: Results, clip: Clip) -> None:
        """The same clip with its sound late and with a mouth that stands still."""
        for system, change in ((LATE, delayed), (FROZEN, frozen)):
            try:
                self._add(results, clip.name, system, [change(part) for part in clip.parts], [])
            except InputError as error:
                self._skip(results, clip.name, system, error)

    @staticmethod
    def _skip(results: Results, clip: str, what: str, error: BaseException) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        log.warning("skipped %s of %s: %s", what, clip, reason)
        results.skipped.append(Skipped(clip, what, reason))


def _noting(takes: Iterable[Take], boxes: dict[int, Box]) -> Iterator[Take]:
    """The takes, with each frame's box noted by its number."""
    for take in takes:
        for k, box in enumerate(take.boxes):
            if not np.isnan(box).any():
                boxes[take.first + k] = box
        yield take
