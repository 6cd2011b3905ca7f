"""Score one pair of a face and a sound: generate if asked, then judge, controls, metrics and leak probe."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.evaluation.clip_rows import ClipRows, skip
from wav2lip.evaluation.clip_values import clip_values, real_values, video_lsd
from wav2lip.evaluation.failures import FAILURES
from wav2lip.evaluation.judge import LoadedJudge
from wav2lip.evaluation.leak import VideoGenerator
from wav2lip.evaluation.leak_values import LeakValues
from wav2lip.evaluation.mesh_metrics import mouth_series
from wav2lip.evaluation.network_metrics import NetworkMetrics
from wav2lip.evaluation.pair_videos import PairVideos, PairVideosReader
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.protocols import LISTED, Protocol
from wav2lip.evaluation.renderings import Renderings
from wav2lip.evaluation.results import PairScores
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import Segmenter
from wav2lip.evaluation.sound_reader import SoundReader
from wav2lip.evaluation.systems import FIRST_FRAME, FIRST_FRAME_OTHER, GENERATED, REAL
from wav2lip.evaluation.video_reader import VideoReader
from wav2lip.faces.detectors import Detector
from wav2lip.faces.landmark_tracking import Mesh
from wav2lip.metrics.frechet import FeatureNetwork

Values = dict[str, float]


class Evaluator:
    """Scores pairs, one per call.

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
        protocols: what the generator makes of each pair.
        mesh: fits the face mesh; None: no metrics on it.
        features: networks of the metrics that describe all clips together, by metric.
        networks: metrics against the real video by other networks.

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
        *,
        protocols: Sequence[Protocol] = (LISTED,),
        mesh: Mesh | None = None,
        features: Mapping[str, FeatureNetwork] | None = None,
        networks: NetworkMetrics | None = None,
    ) -> None:
        if generator is None and list(protocols) != [LISTED]:
            raise InputError("protocols need a generator; give its checkpoint, or no protocol")
        windows, self._padding = scoring.of(judge)
        self._rows = ClipRows(scoring, self._padding)
        self._features, self._networks = dict(features or {}), networks
        read_pcm = SoundReader()
        self._leak: LeakValues | None = None
        renderings: Renderings | None = None
        if generator is not None:
            renderings = Renderings(generator, folder, read_pcm)
            if leak_seconds:
                self._leak = LeakValues(generator, judge, scoring, leak_seconds, read_pcm)
        read_video = VideoReader(judge, segmenter, windows, mesh)
        self._read = PairVideosReader(
            read_video, read_pcm, detector, renderings, protocols, self._leak
        )

    def __call__(
        self, pair: Pair, others: Sequence[Pair] = (), exchanged: Path | None = None
    ) -> PairScores:
        """Score a pair; a failure is listed in the result.

        Args:
            pair: what to score.
            others: pairs whose sound the leak probe may use.
            exchanged: another clip's sound, for the protocols `cross` and `still_cross`.
        """
        results = PairScores()
        try:
            self._score(pair, others, self._read(pair, exchanged, results), results)
        except FAILURES as error:
            skip(results, pair.name, "everything", error)
        return results

    def _score(
        self, pair: Pair, others: Sequence[Pair], videos: PairVideos, results: PairScores
    ) -> None:
        real, judged = videos.real, videos.judged
        extra = {
            protocol.system: clip_values(protocol, data, real, self._networks)
            for protocol, data in judged.items()
        }
        by_system = {protocol.system: data for protocol, data in judged.items()}
        if FIRST_FRAME in by_system and FIRST_FRAME_OTHER in by_system:
            pair_of_sounds = by_system[FIRST_FRAME], by_system[FIRST_FRAME_OTHER]
            extra[FIRST_FRAME]["lsd_first_frame"] = video_lsd(*pair_of_sounds, self._padding)
        if real is not None:
            extra[REAL] = real_values(real)
            by_system[REAL] = real
        self._add_leak(pair, others, videos, results, extra)
        for system, data in by_system.items():
            values, mouth = extra.get(system, {}), mouth_series(data.run, data.pcm)
            try:
                for clip in data.clips:
                    self._rows.add(results, pair, clip, system, clip.parts, values, mouth)
                    values, mouth = {}, None  # those of the first clip's face
            except FAILURES as error:
                skip(results, pair.name, system, error)
        for clip in videos.reference.clips:
            self._rows.add_controls(results, pair, clip)
        for metric, network in self._features.items():
            found = {system: network(data.run.faces) for system, data in by_system.items()}
            results.features[metric] = found if real is not None else {}

    def _add_leak(
        self,
        pair: Pair,
        others: Sequence[Pair],
        videos: PairVideos,
        results: PairScores,
        extra: dict[str, Values],
    ) -> None:
        """Add the values of the leak probe; it is listed if it cannot be run."""
        if self._leak is None:
            return
        try:
            source = None if videos.real is None else videos.real.pcm
            crops = videos.reference.crops
            found = self._leak(pair, others, videos.sound, source, crops, videos.probed)
            extra[GENERATED] = extra.get(GENERATED, {}) | found
        except FAILURES as error:
            skip(results, pair.name, "leak probe", error)
