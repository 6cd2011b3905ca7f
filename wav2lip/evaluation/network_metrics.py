"""Metrics of a video against the real one by networks whose weights the user gives."""

from typing import TYPE_CHECKING

import numpy as np

from wav2lip.evaluation.face_crops import FaceRun
from wav2lip.metrics.identity import Embeddings, FaceEmbedder, identity_similarity

if TYPE_CHECKING:
    from wav2lip.metrics.lpips import Lpips  # torchvision


class NetworkMetrics:
    """Compares videos with the real one.

    Args:
        arcface: embeds faces; None: no identity.
        alexnet: perceptual distance; None: no LPIPS.
    """

    def __init__(self, arcface: FaceEmbedder | None = None, alexnet: "Lpips | None" = None) -> None:
        self._arcface, self._alexnet = arcface, alexnet
        self._known: tuple[FaceRun, dict[int, Embeddings]] | None = None  # of the last real video

    def __call__(self, generated: FaceRun, real: FaceRun, same_frames: bool) -> dict[str, float]:
        """Compare a video with the real one.

        Args:
            generated: face crops, at the real video's places.
            real: face crops.
            same_frames: whether both show the same frames and say the same, so that the real ones are the target.

        Returns:
            The metrics that there are networks for, by name.
        """
        values: dict[str, float] = {}
        if self._arcface is not None:
            values["identity"] = self._identity(self._arcface, generated, real)
        if self._alexnet is not None and same_frames:
            count = min(len(generated.crops), len(real.crops))
            pair = generated.shortened(count).faces, real.shortened(count).faces
            values["lpips"] = self._alexnet(*pair)
        return values

    def _identity(self, arcface: FaceEmbedder, generated: FaceRun, real: FaceRun) -> float:
        if self._known is None or self._known[0] is not real:
            self._known = real, _embed(arcface, real)
        of_real, own = self._known[1], _embed(arcface, generated)
        both = sorted(of_real.keys() & own.keys())
        if not both:
            return float("nan")
        sides = (np.stack([side[frame] for frame in both]) for side in (own, of_real))
        return identity_similarity(*sides)


def _embed(arcface: FaceEmbedder, run: FaceRun) -> dict[int, Embeddings]:
    """Embeddings (D,) of the sampled frames with a mesh, by frame number."""
    faces = {k: s.portrait for k, s in run.samples.items() if s.portrait is not None}
    if not faces:
        return {}
    return dict(zip(faces, arcface(np.stack(list(faces.values()))), strict=True))
