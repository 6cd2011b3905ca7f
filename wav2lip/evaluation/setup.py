"""What an evaluator is made from, as plain data that another process or machine can be sent."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from wav2lip.evaluation.evaluator import Evaluator
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.leak import VideoGenerator
from wav2lip.evaluation.network_metrics import NetworkMetrics
from wav2lip.evaluation.protocols import LISTED
from wav2lip.evaluation.protocols import Protocol as EvaluationProtocol
from wav2lip.evaluation.scorer import Scoring
from wav2lip.evaluation.segments import Segmenter
from wav2lip.faces.detectors import build_detector
from wav2lip.faces.mesh import FaceMesh
from wav2lip.media.rules import limit_pixels
from wav2lip.metrics.frechet import FeatureNetwork
from wav2lip.metrics.identity import FaceEmbedder
from wav2lip.utils.files import absolute_if_file


class MakeGenerator(Protocol):
    """Loads a generator; hashable. `wav2lip.inference.setup.LipSyncerSetup` is one."""

    def __call__(self) -> VideoGenerator: ...

    def absolute(self) -> Self:
        """Return the same with absolute paths."""
        ...


@dataclass(frozen=True)
class EvaluatorSetup:
    """Makes an evaluator.

    Attributes:
        judge: weights file or name; see `load_judge`.
        segmenter: how a video becomes clips.
        folder: output folder.
        scoring: how distances become scores.
        generator: loads the generator, if there is one.
        protocols: what the generator makes of each pair.
        leak_seconds: length of the leak probe; 0: no probe.
        detector: name of the face detector.
        detector_weights: file of its weights; None: the default ones.
        device: of the networks.
        landmarks: whether to fit the face mesh.
        max_pixels: of the largest picture that is read; None: the default.
        weights: setting -> weights file of the metrics that need one; see `wav2lip.evaluation.results.WEIGHTS`.
    """

    judge: str
    segmenter: Segmenter
    folder: Path
    scoring: Scoring = Scoring()  # noqa: RUF009  (frozen)
    generator: MakeGenerator | None = None
    protocols: tuple[EvaluationProtocol, ...] = (LISTED,)
    leak_seconds: float = 0.0
    detector: str = "auto"
    detector_weights: str | None = None
    device: str = "cpu"
    landmarks: bool = True
    max_pixels: int | None = None
    weights: tuple[tuple[str, str], ...] = ()

    def __call__(self) -> Evaluator:
        """Load the networks.

        Raises:
            InputError: a file cannot be used.
        """
        limit_pixels(self.max_pixels)
        return Evaluator(
            load_judge(self.judge, self.device),
            self.segmenter,
            build_detector(self.detector, self.detector_weights, self.device),
            self.folder,
            self.scoring,
            None if self.generator is None else self.generator(),
            self.leak_seconds,
            protocols=self.protocols,
            mesh=FaceMesh() if self.landmarks else None,
            features=self._features(),
            networks=self._networks(),
        )

    def absolute(self) -> Self:
        """Return the same with absolute paths."""
        return replace(
            self,
            judge=absolute_if_file(self.judge) or self.judge,
            folder=self.folder.absolute(),
            generator=None if self.generator is None else self.generator.absolute(),
            detector_weights=absolute_if_file(self.detector_weights),
            weights=tuple((name, absolute_if_file(file) or file) for name, file in self.weights),
        )

    # Imported on use: torch-fidelity and torchvision take seconds.
    def _features(self) -> dict[str, FeatureNetwork]:
        found: dict[str, FeatureNetwork] = {}
        files = dict(self.weights)
        if "inception" in files:
            from wav2lip.metrics.fid import InceptionFeatures

            found["fid"] = InceptionFeatures(Path(files["inception"]))
        if "i3d" in files:
            from wav2lip.metrics.fvd import I3DFeatures

            found["fvd"] = I3DFeatures(Path(files["i3d"]))
        return found

    def _networks(self) -> NetworkMetrics:
        files = dict(self.weights)
        arcface = FaceEmbedder(Path(files["arcface"])) if "arcface" in files else None
        if "alexnet" not in files:
            return NetworkMetrics(arcface)
        from wav2lip.metrics.lpips import Lpips

        return NetworkMetrics(arcface, Lpips(Path(files["alexnet"])))
