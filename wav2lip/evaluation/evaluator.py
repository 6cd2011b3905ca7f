"""Pairs to scores: generate where asked, judge, judge the controls, measure the pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import Generator, Pcm, Sounds, probe_leak
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.quality import alone, quality, read_both, read_one, same_sound
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
from wav2lip.evaluation.scorer import Embedded, Scoring, delayed, embed_all, frozen, score
from wav2lip.evaluation.segments import FaceSegment, read_pcm, remarks
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.detectors import Detector
from wav2lip.metrics.fid import FaceFID

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
        self.windows, self.padding = scoring.of(judge)
        self.generator, self.leak_seconds, self.fid = generator, leak_seconds, fid

    def run(self, pairs: Sequence[Pair], results: Results) -> Iterator[Pair]:
        """Score one pair after the other; yields each when it is done."""
        for number, pair in enumerate(pairs):
            try:
                self._pair(pair, [*pairs[number + 1 :], *pairs[:number]], results)
            except FAILURES as error:
                self._skip(results, pair.name, "everything", error)
            yield pair
        system = VIDEO if self.generator is None else GENERATED
        if self.fid is not None and self.fid.real_features_num_samples > 1:
            results.of_sets[system] = {"fid": float(self.fid.compute())}

    def _pair(self, pair: Pair, others: list[Pair], results: Results) -> None:
        made, source, system = pair.face, pair.real, VIDEO
        if self.generator is not None:
            made, source, system = self.folder / "videos" / f"{pair.name}.mp4", pair.face, GENERATED
            self.generator(pair.face, pair.audio, made)
        real: list[Clip] = []
        unreal: BaseException | None = None
        if source is not None:
            try:
                with CachedDetector(self.detector, source) as detector:
                    real = self._read(pair.name, source, source, detector)
            except FAILURES as error:
                unreal = error
        try:
            judged = self._read(pair.name, made, pair.audio, self.detector)
        except FAILURES as error:
            if not real:
                raise
            self._skip(results, pair.name, system, error)
            judged = []
        if unreal is not None:
            self._skip(results, pair.name, REAL, unreal)
        boxes = (real or judged)[0].boxes
        extra = self._pictures(made, source if real else None, pair, boxes) if judged else {}
        if self.generator is not None and self.leak_seconds:
            own = pair.face if real else None
            probed = self._leak(pair, own, others, boxes, results)
            extra[system] = extra.get(system, {}) | probed
        for clip in judged:
            self._add(results, clip, system, clip.parts, extra.pop(system, {}))
        for clip in real:
            self._add(results, clip, REAL, clip.parts, extra.pop(REAL, {}))
        for clip in real or judged:
            self._add_controls(results, clip)

    def _pictures(
        self, made: Path, source: Path | None, pair: Pair, boxes: dict[int, Box]
    ) -> dict[str, dict[str, float]]:
        """System -> what is measured on its pictures, once a pair."""
        if not boxes:
            return {}
        pcm = read_pcm(pair.audio)
        if source is None:
            return {VIDEO: alone(read_one(made, boxes), pcm)}
        own = read_pcm(source)
        faces = read_both(made, source, boxes)
        if self.fid is not None and len(faces.generated):
            self.fid.update(faces.source, real=True)
            self.fid.update(faces.generated, real=False)
        values = quality(faces, pcm, same_sound(pcm, own))
        return {GENERATED: values, VIDEO: values, REAL: alone(read_one(source, boxes), own)}

    def _leak(
        self,
        pair: Pair,
        own: Path | None,
        others: list[Pair],
        boxes: dict[int, Box],
        results: Results,
    ) -> dict[str, float]:
        """Of a pair; `own`: the video whose sound the face's own mouth says, where there is one."""
        assert self.generator is not None
        try:
            right = read_pcm(pair.audio)
            source = None if own is None else read_pcm(own)
            sounds = Sounds(right, _another(others, right, source), source)
            probed = probe_leak(
                self.generator,
                pair.face,
                sounds,
                boxes,
                self.judge,
                self.leak_seconds,
                self.windows,
                self.padding,
            )
        except FAILURES as error:
            self._skip(results, pair.name, "leak probe", error)
            return {}
        return probed._asdict()

    def _read(self, name: str, path: Path, audio: Path, detector: Detector) -> list[Clip]:
        pcm = read_pcm(audio)
        said = remarks(path, pcm)
        clips = []
        for suffix, takes in self.reading(path, pcm, detector, self.judge):
            boxes: dict[int, Box] = {}
            parts, short = embed_all(_noting(takes, boxes), self.judge.judge, self.windows)
            clips.append(Clip(name + suffix, parts, boxes, said + short))
        return clips

    def _add(
        self,
        results: Results,
        clip: Clip,
        system: str,
        parts: list[Embedded],
        extra: dict[str, float] | None = None,
    ) -> None:
        sync = score(parts, self.padding, self.scoring.span)
        said = [] if extra is None else clip.remarks
        values = sync_values(sync) | (extra or {})
        results.clips.append(ClipScores(clip.name, system, values, sync, said))

    def _add_controls(self, results: Results, clip: Clip) -> None:
        """The same clip with its sound late and with a mouth that stands still."""
        for system, change in ((LATE, delayed), (FROZEN, frozen)):
            try:
                self._add(results, clip, system, [change(part) for part in clip.parts])
            except InputError as error:
                self._skip(results, clip.name, system, error)

    @staticmethod
    def _skip(results: Results, clip: str, what: str, error: BaseException) -> None:
        reason = " ".join(str(error).split()) or type(error).__name__
        results.skipped.append(Skipped(clip, what, reason))


def _another(others: list[Pair], *known: Pcm | None) -> Pcm:
    """The sound of the first pair that says something else; one that cannot be read says nothing."""
    for other in others:
        try:
            pcm = read_pcm(other.audio)
        except FAILURES:
            continue  # listed when its own turn comes
        if not any(same_sound(pcm, sound) for sound in known if sound is not None):
            return pcm
    raise InputError("another's sound needs a second pair that has another sound")


def _noting(takes: Iterable[FaceSegment], boxes: dict[int, Box]) -> Iterator[FaceSegment]:
    """The takes, with each frame's box noted by its number."""
    for take in takes:
        for k, box in enumerate(take.boxes):
            if not np.isnan(box).any():
                boxes[take.first + k] = box
        yield take
