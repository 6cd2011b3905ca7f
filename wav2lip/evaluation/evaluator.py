"""Score pairs of a face and a sound: generate if asked, then judge, controls, image metrics and leak probe."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import av.error
import cv2

from wav2lip.errors import InputError
from wav2lip.evaluation.face_crops import longest_run
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import ProbeAudio, VideoGenerator, probe_leak
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.quality import generated_metrics, is_same_audio, video_metrics
from wav2lip.evaluation.records import ClipRecords
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
from wav2lip.evaluation.scorer import EmbeddedSegment, Scoring, delayed, frozen, score
from wav2lip.evaluation.segments import Segmenter, read_pcm
from wav2lip.evaluation.video_reader import EmbeddedClip, VideoData, VideoReader
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.media.video import probe
from wav2lip.types import Pcm
from wav2lip.utils.outputs import check_outputs
from wav2lip.utils.revision import code_revision

if TYPE_CHECKING:
    from wav2lip.metrics.fid import FaceFID  # torch-fidelity and torchvision

# What a single bad file may raise beside InputError; one file must not end a long run.
FAILURES = (
    InputError,
    OSError,
    ValueError,
    RuntimeError,
    MemoryError,
    av.error.FFmpegError,
    cv2.error,
)
KEPT_AUDIO = 4  # decoded sounds kept: those of a pair, its source, and the next pair

Values = dict[str, float]


class Evaluator:
    """Scores pairs one after the other; a pair that fails is listed, and the next one follows.

    The video and the sound of each file are decoded once (`FaceTracks`: the video twice), apart from what the
    generator reads.

    Args:
        judge: scores sync.
        segmenter: how a video becomes clips.
        detector: finds the faces.
        folder: the generator's videos are written to its subfolder `videos`.
        scoring: how distances become scores.
        generator: renders each pair's video. None: the videos are judged as they are, with the pair's sound.
        leak_seconds: length of the leak probe; 0: no probe.
        fid: collects the face crops of all pairs.
    """

    def __init__(
        self,
        judge: LoadedJudge,
        segmenter: Segmenter,
        detector: Detector,
        folder: Path,
        scoring: Scoring,
        generator: VideoGenerator | None = None,
        leak_seconds: float = 0.0,
        fid: "FaceFID | None" = None,
    ) -> None:
        self.judge, self.detector, self.folder, self.scoring = judge, detector, folder, scoring
        self.windows, self.padding = scoring.of(judge)
        self.generator, self.leak_seconds, self.fid = generator, leak_seconds, fid
        self.system = VIDEO if generator is None else GENERATED
        self._read_video = VideoReader(judge, segmenter, self.windows)
        self._read_pcm = lru_cache(KEPT_AUDIO)(self._load_pcm)
        self._sound_damage: dict[Path, list[str]] = {}

    def run(
        self, pairs: Sequence[Pair], results: Results, records: ClipRecords | None = None
    ) -> Iterator[Pair]:
        """Score the pairs into `results`.

        Args:
            pairs: what to score.
            results: take the scores.
            records: pairs that have one are not scored again; the others get one, unless a part of them was skipped.

        Yields:
            Each pair when it is done.
        """
        for number, pair in enumerate(pairs):
            others = [*pairs[number + 1 :], *pairs[:number]]
            if records is None or not records.restore(pair, others, results):
                scored, skipped = len(results.clips), len(results.skipped)
                try:
                    self._score_pair(pair, others, results)
                except FAILURES as error:
                    _skip(results, pair.name, "everything", error)
                results.revisions.add(code_revision())
                if records is not None and len(results.skipped) == skipped:
                    records.write(pair, others, results.clips[scored:])
            yield pair
        if self.fid is not None and self.fid.real_features_num_samples > 1:
            results.set_values[self.system] = {"fid": float(self.fid.compute())}

    def _load_pcm(self, path: Path) -> Pcm:
        problems: list[str] = []
        pcm = read_pcm(path, problems)
        if problems:
            self._sound_damage[path] = problems
        return pcm

    def video_of(self, pair: Pair) -> Path:
        """Return the path of the video that the generator makes from a pair."""
        return self.folder / "videos" / f"{pair.name}.mp4"

    def check_videos(self, pairs: Sequence[Pair]) -> None:
        """Check that no generated video replaces a file of any pair.

        Raises:
            InputError: one would.
        """
        if self.generator is not None:
            files = [("input", path) for p in pairs for path in (p.face, p.audio, p.real)]
            check_outputs([("output folder", self.video_of(pair)) for pair in pairs], files)

    def _score_pair(self, pair: Pair, others: list[Pair], results: Results) -> None:
        video, source = pair.face, pair.real
        if self.generator is not None:
            video, source = self.video_of(pair), pair.face
            self.generator(pair.face, pair.audio, video)
        real: VideoData | None = None
        source_error: BaseException | None = None
        if source is not None:
            try:
                if probe(source).is_still:
                    raise InputError(
                        f"{source}: a photo, so there is no real video to compare with"
                    )
                with CachedDetector(self.detector, source) as detector:
                    pcm = self._read_pcm(source)
                    damage = self._sound_damage.get(source, [])
                    real = self._read_video(pair.name, source, pcm, detector, None, damage)
            except FAILURES as error:
                source_error = error
        judged: VideoData | None = None
        try:
            pcm = self._read_pcm(pair.audio)
            # Cut at the source's crops, the two videos are comparable pixel by pixel.
            crops = longest_run(real.crops) if real else None
            damage = self._sound_damage.get(pair.audio, [])
            judged = self._read_video(pair.name, video, pcm, self.detector, crops, damage)
        except FAILURES as error:
            if real is None:
                raise
            _skip(results, pair.name, self.system, error)
        if source_error is not None:
            _skip(results, pair.name, REAL, source_error)
        extra: dict[str, Values] = self._picture_values(judged, real) if judged else {}
        reference = real or judged
        assert reference is not None
        if self.generator is not None and self.leak_seconds:
            leak = self._leak_values(pair, real, reference.crops, others, results)
            extra[self.system] = extra.get(self.system, {}) | leak
        for clip in judged.clips if judged else []:
            self._add(results, pair, clip, self.system, clip.parts, extra.pop(self.system, {}))
        for clip in real.clips if real else []:
            self._add(results, pair, clip, REAL, clip.parts, extra.pop(REAL, {}))
        for clip in reference.clips:
            self._add_controls(results, pair, clip)

    def _picture_values(self, judged: VideoData, real: VideoData | None) -> dict[str, Values]:
        """System -> the metrics of its pictures, once per pair."""
        if real is None:
            return {self.system: video_metrics(judged.run, judged.pcm)}
        if self.fid is not None and judged.run.crops:
            self.fid.update(real.run.faces[: len(judged.run.crops)], real=True)
            self.fid.update(judged.run.faces, real=False)
        same = is_same_audio(judged.pcm, real.pcm)
        values = generated_metrics(judged.run, real.run, judged.pcm, same)
        return {self.system: values, REAL: video_metrics(real.run, real.pcm)}

    def _leak_values(
        self,
        pair: Pair,
        real: VideoData | None,
        crops: dict[int, Crop],
        others: list[Pair],
        results: Results,
    ) -> Values:
        """Values of the leak probe of a pair; empty, and listed, if it cannot be run."""
        assert self.generator is not None
        try:
            right = self._read_pcm(pair.audio)
            source = None if real is None else real.pcm
            sounds = ProbeAudio(right, self._other_audio(others, right, source), source)
            probe = probe_leak(
                self.generator,
                pair.face,
                sounds,
                crops,
                self.judge,
                self.leak_seconds,
                self.windows,
                self.padding,
            )
        except FAILURES as error:
            _skip(results, pair.name, "leak probe", error)
            return {}
        return probe._asdict()

    def _other_audio(self, others: list[Pair], *known: Pcm | None) -> Pcm:
        """Return the sound of the first pair that differs from all known sounds; unreadable ones are skipped."""
        for other in others:
            try:
                pcm = self._read_pcm(other.audio)
            except FAILURES:
                continue  # listed at its own turn
            if not any(is_same_audio(pcm, sound) for sound in known if sound is not None):
                return pcm
        raise InputError("the leak probe requires a second pair with a different sound")

    def _add(
        self,
        results: Results,
        pair: Pair,
        clip: EmbeddedClip,
        system: str,
        parts: list[EmbeddedSegment],
        extra: Values | None = None,
    ) -> None:
        sync = score(parts, self.padding, self.scoring.span)
        remarks = [] if extra is None else clip.remarks
        values = sync_values(sync) | (extra or {})
        results.clips.append(
            ClipScores(clip.name, system, values, sync, pair.speaker or pair.name, remarks)
        )

    def _add_controls(self, results: Results, pair: Pair, clip: EmbeddedClip) -> None:
        """Add the same clip with its sound late, and with a mouth that stands still."""
        for system, change in ((LATE, delayed), (FROZEN, frozen)):
            try:
                self._add(results, pair, clip, system, change(clip.parts))
            except InputError as error:
                _skip(results, clip.name, system, error)


def _skip(results: Results, clip: str, what: str, error: BaseException) -> None:
    reason = " ".join(str(error).split()) or type(error).__name__
    results.skipped.append(Skipped(clip, what, reason))
