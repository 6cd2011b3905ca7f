"""The principal components of the motion of lower faces, in which lip motion is learned and predicted.

A coefficient of 1 is one standard deviation of the motion within a clip. The components are symmetric: sound does
not tell left from right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.bundled import ASSETS
from wav2lip.regions import CHIN, LIP_GAPS, MOUTH_CORNERS
from wav2lip.utils.arrays import read_arrays

MEASURES = ("opening", "width", "jaw")  # of a mouth, as in `wav2lip.metrics.mouth_shape`
XYZ = 3


@dataclass(frozen=True)
class MotionBasis:
    """Principal components of the motion of lower faces seen from the front.

    Attributes:
        vertices: (P,) int64, numbers of the points in the mesh.
        components: (K, P, 3) float32 times their standard deviation, in the unit of `wav2lip.faces.MeanFace`.
    """

    vertices: NDArray[np.int64]
    components: NDArray[np.float32]

    def project(self, deviations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Find the coefficients (F, K) of deviations (F, P, 3) from a shape. The components are orthogonal."""
        flat = self.components.reshape(len(self.components), -1)
        coefficients = deviations.reshape(len(deviations), -1) @ flat.T
        return np.asarray(coefficients / (flat**2).sum(axis=1), np.float32)

    def measures(self) -> NDArray[np.float32]:
        """Return by how much opening, width and jaw grow per unit of each coefficient, (K, 3).

        The growth is that of a frontal face and to first order.
        """
        place = {int(vertex): i for i, vertex in enumerate(self.vertices)}

        def apart(pair: tuple[int, int], axis: int) -> NDArray[np.float32]:
            first, second = (self.components[:, place[vertex], axis] for vertex in pair)
            return second - first

        opening = np.mean([apart(pair, 1) for pair in LIP_GAPS], axis=0)
        jaw = self.components[:, place[CHIN], 1]
        return np.stack([opening, apart(MOUTH_CORNERS, 0), jaw], axis=1).astype(np.float32)


@cache
def motion_basis() -> MotionBasis:
    """Load the basis that comes with the package. Its arrays must not be changed."""
    vertices, components = read_arrays(ASSETS / "motion_basis.npz", "vertices", "components")
    return MotionBasis(vertices.astype(np.int64), components.astype(np.float32))


def fit_basis(
    clips: Sequence[NDArray[np.float32]],
    vertices: NDArray[np.int64],
    mirror: NDArray[np.integer],
    components: int,
) -> MotionBasis:
    """Fit a basis to clips of talking people.

    Args:
        clips: the shapes (F, P, 3) of each, seen from the front, without NaN. The mean of each is subtracted.
        vertices: (P,) numbers of the points in the mesh.
        mirror: (468,) number of the same point on the other side of the face; see `MeanFace`.
        components: K, at most the number of frames.

    Returns:
        The principal components of the symmetric part of the motion; each opens the mouth if its coefficient is
        above 0.
    """
    place = {int(vertex): i for i, vertex in enumerate(vertices)}
    across = [place[int(mirror[vertex])] for vertex in vertices]
    motion = np.concatenate([clip - clip.mean(axis=0) for clip in clips]).astype(np.float64)
    symmetric = (motion + motion[:, across] * [-1, 1, 1]) / 2
    _, strengths, axes = np.linalg.svd(
        symmetric.reshape(len(motion), len(vertices) * XYZ), full_matrices=False
    )
    deviation = strengths[:components, None] / np.sqrt(len(motion))
    shapes = (axes[:components] * deviation).reshape(-1, len(vertices), XYZ)
    basis = MotionBasis(vertices, shapes.astype(np.float32))
    opens = basis.measures()[:, 0] >= 0
    return MotionBasis(
        vertices, np.where(opens[:, None, None], basis.components, -basis.components)
    )
