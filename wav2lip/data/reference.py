"""Which frames of the clip show the generator what the person looks like: policies, one of them a choice.

A reference that shows the target's own mouth would let the generator copy instead of listen, so none
overlaps the target. A random one may show the head from another side, and the generator then has to turn
it; a pose-matched one spares it that, and takes the mouth that differs most so that there is nothing to copy.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ClipFile
from wav2lip.data.sampling import WINDOW, hard_negatives, reference_start

CANDIDATES = 12  # windows looked at; decoding more costs time and finds little better
NEAREST = 0.34  # share of the candidates that counts as similar in pose

Floats = npt.NDArray[np.float64]


class ReferencePolicy(Protocol):
    """Chooses the first reference frame for a target window of a clip."""

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        """A start of `allowed`, not overlapping the window at `target` where the clip allows it."""
        ...


class RandomReference:
    """Anywhere in the clip, as published."""

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        return reference_start(target, allowed, WINDOW, rng)


def pose_distance(boxes: Floats, thumbnails: npt.NDArray[np.uint8]) -> Floats:
    """How differently the heads are held, of frames 1... against frame 0.

    Args:
        boxes: (N, 4) face boxes, px; turning and nodding change their shape, coming near their size.
        thumbnails: (N, H, W) grey; what the upper half shows is the same head in the same pose or not.

    Returns:
        (N - 1,); 0 for the same.
    """
    size = np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0))  # (N, 2)
    upper = thumbnails[:, : thumbnails.shape[1] // 2].astype(np.float64)
    upper -= upper.mean((1, 2), keepdims=True)  # light that changes is no pose
    shown = np.abs(upper[1:] - upper[0]).mean((1, 2)) / 255
    distance: Floats = shown + np.abs(size[1:] - size[0]).mean(1)
    return distance


def mouth_distance(thumbnails: npt.NDArray[np.uint8]) -> Floats:
    """Mean difference in the middle of the lower half, 0-1, of frames 1... against frame 0: (N - 1,)."""
    height, width = thumbnails.shape[1:]
    mouth = thumbnails[:, height // 2 :, width // 4 : width - width // 4].astype(np.float64)
    mouth -= mouth.mean((1, 2), keepdims=True)
    distance: Floats = np.abs(mouth[1:] - mouth[0]).mean((1, 2)) / 255
    return distance


def pose_matched(pose: Floats, mouth: Floats, nearest: float = NEAREST) -> int:
    """Index of the candidate whose mouth differs most among those nearest in pose; both (N,), N > 0."""
    kept = np.argsort(pose, kind="stable")[: max(1, round(nearest * len(pose)))]
    return int(kept[mouth[kept].argmax()])


class PoseMatchedReference:
    """Similar in pose and different in mouth, among `candidates` random windows of the clip."""

    def __init__(self, candidates: int = CANDIDATES, nearest: float = NEAREST) -> None:
        self.candidates = candidates
        self.nearest = nearest

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        away = hard_negatives(target, allowed, WINDOW)
        count = min(self.candidates, len(away))
        starts = np.concatenate([[target], rng.choice(away, count, replace=False)])
        middles = starts + WINDOW // 2
        thumbnails = file.thumbnails(middles)
        pose = pose_distance(file.boxes()[middles].astype(np.float64), thumbnails)
        best = pose_matched(pose, mouth_distance(thumbnails), self.nearest)
        return int(starts[1 + best])
