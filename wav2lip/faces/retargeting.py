"""Give a face the mouth of a predicted shape, and keep everything else of its expression."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import Points
from wav2lip.faces.neutral_shape import neutral_shape
from wav2lip.regions import INNER_LOWER, INNER_UPPER

# Heights in the mean face, in distances between the outer eye corners.
FIXED, FREE = 0.42, 0.6  # above the first nothing moves, below the second everything moves fully
# The mesh of an open mouth is opened too little. With 1 a source's mouth is left in part, and the generated one agrees
# with its sound; with 1.5 it correlates less with the true mouth than one that never saw it.
READING = 1.2  # times the measured deviation is taken out
# Of a mouth that is wide open or smiles broadly the mesh is right: no more is added than for a deviation of this size.
READING_SIZE = 0.06  # root mean square over the points, in distances between the outer eye corners
CALM = 1e-3  # ridge of the fit of the source's own motion, in standard deviations squared


def motion_weight(vertices: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much of a motion points of the mean face (N, 3) take part in: (N,) in [0, 1]."""
    share = np.clip((vertices[:, 1] - FIXED) / (FREE - FIXED), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


@dataclass(frozen=True)
class MotionSpace:
    """The space of motion of a generator.

    Attributes:
        vertices: (P,) numbers of the points that move.
        basis: (K, P, 3) principal components times their standard deviation.
    """

    vertices: NDArray[np.int64]
    basis: NDArray[np.float32]

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """(P, 1) how much of a motion each point takes part in."""
        return motion_weight(mean_face().vertices[self.vertices])[:, None]

    @cached_property
    def _fit(self) -> NDArray[np.float32]:
        flat = self.basis.reshape(len(self.basis), -1).astype(np.float64)
        gram = flat @ flat.T
        ridge = CALM * np.trace(gram) / len(gram) * np.eye(len(gram))
        return np.asarray(np.linalg.solve(gram + ridge, flat), np.float32)

    def explain(self, deviation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the part of a deviation (P, 3) that lies in the space, without noise of the mesh."""
        coefficients = self._fit @ deviation.ravel()
        return np.asarray(np.tensordot(coefficients, self.basis, axes=1), np.float32)

    def deviation(self, coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn coefficients (K,) into what the points deviate from the neutral shape by: (P, 3)."""
        return np.asarray(np.tensordot(coefficients, self.basis, axes=1), np.float32)

    def neutral(self, shapes: list[Points]) -> NDArray[np.float32]:
        """Estimate the neutral shape (P, 3) from meshes seen from the front (468, 3); see `neutral_shape`."""
        return neutral_shape(
            np.stack([s[self.vertices] for s in shapes]), self.vertices, self.basis
        )


def part_lips(shape: Points) -> Points:
    """Move lips that cross to the line between them.

    Args:
        shape: (468, 3) seen from the front; changed in place.
    """
    upper, lower = list(INNER_UPPER[1:-1]), list(INNER_LOWER[1:-1])
    crossed = np.maximum(shape[upper, 1] - shape[lower, 1], 0) / 2
    shape[upper, 1] -= crossed
    shape[lower, 1] += crossed
    return shape


def retarget(
    landmarks: Landmarks,
    neutral: NDArray[np.float32],
    deviation: NDArray[np.float32],
    space: MotionSpace,
    weight: float = 1.0,
) -> Points:
    """Replace the motion of a mouth by another one.

    Args:
        landmarks: of the face in the frame.
        neutral: (P, 3) the person's neutral shape.
        deviation: (P, 3) from it, as predicted.
        space: of the generator.
        weight: 0: the frame's own mouth, 1: the predicted one.

    Returns:
        (468, 3) where the points go, in pixels.
    """
    own = landmarks.pose.face_on(landmarks.points)
    measured = space.explain(own[space.vertices] - neutral)
    size = float(np.sqrt((measured**2).sum(-1).mean()))
    taken = 1 + (READING - 1) * READING_SIZE / max(size, READING_SIZE)
    change = deviation - np.float32(taken) * measured
    target = own.copy()
    target[space.vertices] += space.weight * change
    target = own + np.float32(weight) * (part_lips(target) - own)
    return landmarks.points + landmarks.pose.place(target) - landmarks.pose.place(own)
