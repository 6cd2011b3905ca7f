"""Score pairs of a face and a sound: generate if asked, then judge, controls, metrics and leak probe."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wav2lip.errors import InputError
from wav2lip.evaluation.clip_rows import ClipRows, skip
from wav2lip.evaluation.clip_values import clip_values, real_values, video_lsd
from wav2lip.evaluation.face_crops import longest_run
from wav2lip.evaluation.failures import FAILURES
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import VideoGenerator
from wav2lip.evaluation.leak_values import LeakValues
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import LISTED, Protocol
from wav2lip.evaluation.records import ClipRecords
from wav2lip.evaluation.renderings import Renderings
from wav2lip.evaluation.results import (
    FIRST_FRAME,
    FIRST_FRAME_OTHER,
    GENERATED,
    REAL,
    VIDEO,
    Results,
)
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import Segmenter, read_pcm
from wav2lip.evaluation.video_reader import VideoData, VideoReader
from wav2lip.faces.cache import CachedDetector
from wav2lip.faces.crops import Crop
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh
from wav2lip.media.video import probe
from wav2lip.types import Pcm
from wav2lip.utils.revision import code_revision

if TYPE_CHECKING:
    from wav2lip.metrics.fid import FaceFID  # torch-fidelity and torchvision

KEPT_AUDIO = (
    5  # decoded sounds kept: those of a pair, its source, its `cross` pair and the next pair
)

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
        generator: renders each pair's videos. None: the videos are judged as they are, with the pair's sound.
        leak_seconds: length of the leak probe; 0: no probe.
        fid: collects the face crops of all pairs.
        protocols: what the generator makes of each pair.
        mesh: fits the face mesh; None: no metrics on it.
        seed: draws the sounds of the protocol `cross`.

    Raises:
        InputError: protocols without a generator.
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
        *,
        protocols: Sequence[Protocol] = (LISTED,),
        mesh: Mesh | None = None,
        seed: int = 0,
    ) -> None:
        if generator is None and list(protocols) != [LISTED]:
            raise InputError("protocols need a generator; give its checkpoint, or no protocol")
        self.judge, self.detector, self.folder = judge, detector, folder
        windows, padding = scoring.of(judge)
        self._rows = ClipRows(scoring, padding)
        self._padding = padding
        self.generator, self.fid = generator, fid
        self.protocols, self.seed = tuple(protocols), seed
        self._read_video = VideoReader(judge, segmenter, windows, mesh)
        self._read_pcm = lru_cache(KEPT_AUDIO)(self._load_pcm)
        self._leak: LeakValues | None = None
        if generator is not None and leak_seconds:
            self._leak = LeakValues(generator, judge, scoring, leak_seconds, self._read_pcm)
        self._renderings: Renderings | None = None
        self._sound_damage: dict[Path, list[str]] = {}

    def prepare(self, pairs: Sequence[Pair]) -> None:
        """Check that no generated video replaces a file of any pair, and draw what is drawn.

        Raises:
            InputError: one would, or no sounds can be exchanged.
        """
        if self.generator is not None:
            self._renderings = Renderings(
                self.generator, self.protocols, pairs, self.folder, self._read_pcm, self.seed
            )

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
        if self._renderings is None:
            self.prepare(pairs)
        revision = code_revision()  # at the start: the checkout may move on during a long run
        for number, pair in enumerate(pairs):
            others = [*pairs[number + 1 :], *pairs[:number]]
            if records is None or not records.restore(pair, pairs, results):
                scored, skipped = len(results.clips), len(results.skipped)
                try:
                    self._score_pair(pair, others, results)
                except FAILURES as error:
                    skip(results, pair.name, "everything", error)
                results.revisions.add(revision)
                if records is not None and len(results.skipped) == skipped:
                    records.write(pair, pairs, results.clips[scored:])
            yield pair
        if self.fid is not None and self.fid.real_features_num_samples > 1:
            system = VIDEO if self.generator is None else GENERATED
            results.set_values[system] = {"fid": float(self.fid.compute())}

    def _load_pcm(self, path: Path) -> Pcm:
        problems: list[str] = []
        pcm = read_pcm(path, problems)
        if problems:
            self._sound_damage[path] = problems
        return pcm

    def _videos(self, pair: Pair, results: Results) -> dict[Protocol, Path]:
        """Make the videos of a pair; without a generator: the pair's own.

        Raises:
            InputError: none could be made.
        """
        if self._renderings is None:
            return {Protocol(VIDEO, "listed"): pair.face}
        made: dict[Protocol, Path] = {}
        failed: dict[Protocol, BaseException] = {}
        for protocol in self.protocols:
            try:
                made[protocol] = self._renderings(pair, protocol)
            except FAILURES as error:
                failed[protocol] = error
        if not made:
            raise next(iter(failed.values()))
        for protocol, reason in failed.items():
            skip(results, pair.name, protocol.system, reason)
        return made

    def _read_real(self, pair: Pair, source: Path) -> VideoData:
        if probe(source).is_still:
            raise InputError(f"{source}: a photo, so there is no real video to compare with")
        with CachedDetector(self.detector, source) as detector:
            pcm = self._read_pcm(source)
            damage = self._sound_damage.get(source, [])
            return self._read_video(pair.name, source, pcm, detector, None, damage)

    def _judge(
        self, pair: Pair, protocol: Protocol, video: Path, real: VideoData | None
    ) -> VideoData:
        """Read a video with its sound; one that was generated for silence with the face's own."""
        sound = pair.audio
        if self._renderings is not None:
            sound = self._renderings.sound_of(pair, protocol) or pair.face
        pcm = self._read_pcm(sound)
        # Cut at the source's crops, the two videos are comparable pixel by pixel.
        crops = longest_run(real.crops) if real else None
        if crops and protocol.first_frame:
            crops = dict.fromkeys(crops, _first_crop(pair, real.crops if real else crops))
        damage = self._sound_damage.get(sound, [])
        return self._read_video(pair.name, video, pcm, self.detector, crops, damage)

    def _score_pair(self, pair: Pair, others: list[Pair], results: Results) -> None:
        videos = self._videos(pair, results)
        source = pair.real if self.generator is None else pair.face
        real: VideoData | None = None
        source_error: BaseException | None = None
        if source is not None:
            try:
                real = self._read_real(pair, source)
            except FAILURES as error:
                source_error = error
        judged: dict[Protocol, VideoData] = {}
        failed: dict[Protocol, BaseException] = {}
        for protocol, video in videos.items():
            try:
                judged[protocol] = self._judge(pair, protocol, video, real)
            except FAILURES as error:
                failed[protocol] = error
        if real is None and not judged:
            raise next(iter(failed.values()))
        for protocol, reason in failed.items():
            skip(results, pair.name, protocol.system, reason)
        if source_error is not None:
            skip(results, pair.name, REAL, source_error)
        extra = {
            protocol.system: clip_values(protocol, data, real, self.fid)
            for protocol, data in judged.items()
        }
        if real is not None:
            extra[REAL] = real_values(real)
        by_system = {protocol.system: data for protocol, data in judged.items()}
        if FIRST_FRAME in by_system and FIRST_FRAME_OTHER in by_system:
            pair_of_sounds = by_system[FIRST_FRAME], by_system[FIRST_FRAME_OTHER]
            extra[FIRST_FRAME]["lsd_first_frame"] = video_lsd(*pair_of_sounds, self._padding)
        reference = real or next(iter(judged.values()))
        self._add_leak(pair, real, reference, others, results, extra)
        rows = [(protocol.system, data) for protocol, data in judged.items()]
        for system, data in [*rows, *([(REAL, real)] if real else [])]:
            for clip in data.clips:
                self._rows.add(results, pair, clip, system, clip.parts, extra.pop(system, {}))
        for clip in reference.clips:
            self._rows.add_controls(results, pair, clip)

    def _add_leak(
        self,
        pair: Pair,
        real: VideoData | None,
        reference: VideoData,
        others: list[Pair],
        results: Results,
        extra: dict[str, Values],
    ) -> None:
        """Add the values of the leak probe; it is listed if it cannot be run."""
        if self._leak is None or self._renderings is None:
            return
        protocol = next((p for p in self.protocols if p.system == GENERATED), LISTED)
        sound = self._renderings.sound_of(pair, protocol) or pair.audio
        try:
            source = None if real is None else real.pcm
            found = self._leak(pair, sound, source, reference.crops, others)
            extra[GENERATED] = extra.get(GENERATED, {}) | found
        except FAILURES as error:
            skip(results, pair.name, "leak probe", error)


def _first_crop(pair: Pair, crops: dict[int, Crop]) -> Crop:
    if 0 not in crops:
        raise InputError(f"{pair.face}: no face in its first frame; cut its start off")
    return crops[0]
