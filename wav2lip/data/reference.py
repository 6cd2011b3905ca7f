"""Reference policies: which frames of the clip show the generator the person's appearance.

A reference never overlaps the target window: if it showed the target's mouth, the generator would learn
to copy it and ignore the audio. A random reference may show the head in another pose, which the generator
then has to correct. A pose-matched reference avoids that; among similar poses it takes the mouth that
differs most, so that copying does not help.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ClipFile
from wav2lip.data.sampling import hard_negative, hard_negatives
from wav2lip.regions import MOUTH
from wav2lip.types import WINDOW_FRAMES

CANDIDATES = 12  # windows compared; more cost decoding time and hardly improve the match
NEAREST = 0.34  # share of the candidates that counts as similar in pose

Floats = npt.NDArray[np.float64]


class ReferencePolicy(Protocol):
    """Chooses the first reference frame for a target window of a clip."""

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        """Choose a start.

        Args:
            file: the clip.
            target: first frame of the target window.
            allowed: starts to choose from.
            rng: source of the random values.

        Returns:
            A start of `allowed` whose window does not overlap the target if the clip is long enough.
        """
        ...


class RandomReference:
    """A random window of the clip, as in the published training."""

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        """Draw a start; see `ReferencePolicy`."""
        return hard_negative(target, allowed, WINDOW_FRAMES, rng)


def pose_distance(boxes: Floats, thumbnails: npt.NDArray[np.uint8]) -> Floats:
    """Measure the difference in head pose of frames 1... from frame 0.

    Args:
        boxes: (N, 4) face boxes, pixels. Yaw and pitch change their shape, distance changes their size.
        thumbnails: (N, H, W) grey crops. The upper half depends on the pose but not on the mouth.

    Returns:
        (N - 1,); 0 for equal poses.
    """
    size = np.log(np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0))  # (N, 2)
    upper = thumbnails[:, : thumbnails.shape[1] // 2].astype(np.float64)
    upper -= upper.mean((1, 2), keepdims=True)  # a change of light is not a change of pose
    difference = np.abs(upper[1:] - upper[0]).mean((1, 2)) / 255
    distance: Floats = difference + np.abs(size[1:] - size[0]).mean(1)
    return distance


def mouth_distance(thumbnails: npt.NDArray[np.uint8]) -> Floats:
    """Measure the mean difference in the mouth region of frames 1... from frame 0.

    Args:
        thumbnails: (N, H, W) grey crops.

    Returns:
        (N - 1,) in [0, 1].
    """
    rows, columns = MOUTH.slices(*thumbnails.shape[1:])
    mouth = thumbnails[:, rows, columns].astype(np.float64)
    mouth -= mouth.mean((1, 2), keepdims=True)
    distance: Floats = np.abs(mouth[1:] - mouth[0]).mean((1, 2)) / 255
    return distance


def pose_matched(pose: Floats, mouth: Floats, nearest: float = NEAREST) -> int:
    """Choose a candidate: the most different mouth among the most similar poses.

    Args:
        pose: (N,) pose distances, N > 0.
        mouth: (N,) mouth distances.
        nearest: share of the candidates that counts as similar in pose.

    Returns:
        Index of the candidate.
    """
    similar = np.argsort(pose, kind="stable")[: max(1, round(nearest * len(pose)))]
    return int(similar[mouth[similar].argmax()])


class PoseMatchedReference:
    """A window with a similar pose and a different mouth.

    Args:
        candidates: number of random windows of the clip to compare.
        nearest: share of the candidates that counts as similar in pose.
    """

    def __init__(self, candidates: int = CANDIDATES, nearest: float = NEAREST) -> None:
        self.candidates = candidates
        self.nearest = nearest

    def __call__(
        self, file: ClipFile, target: int, allowed: range, rng: np.random.Generator
    ) -> int:
        """Choose a start; see `ReferencePolicy`."""
        others = hard_negatives(target, allowed, WINDOW_FRAMES)
        count = min(self.candidates, len(others))
        starts = np.concatenate([[target], rng.choice(others, count, replace=False)])
        middles = starts + WINDOW_FRAMES // 2
        thumbnails = file.thumbnails(middles)
        pose = pose_distance(file.boxes()[middles].astype(np.float64), thumbnails)
        best = pose_matched(pose, mouth_distance(thumbnails), self.nearest)
        return int(starts[1 + best])
