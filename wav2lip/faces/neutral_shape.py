"""The neutral shape of a person's lower face: closed, relaxed lips. Predicted motion starts from it.

Shapes are meshes seen from the front (`HeadPose.face_on`): right, down, away from the camera, in units of the
distance between the outer eye corners of the mean face.
"""

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.regions import LIP_GAPS

Shapes = NDArray[np.float32]  # (..., P, 3)

TOP = 0.45  # of the lower face, below the eyes: the tip of the nose is at 0.5
CLOSED_GAP = 0.012  # between closed lips; the lowest gap of a clip of speech has a median of 0.018
CLOSED_SHARE = 0.1  # of the frames, those with the smallest gap
FEWEST_FRAMES = 3  # of a short clip
ROUNDS = 3  # the gap is not quite linear in the coefficients


def lower_face() -> NDArray[np.int64]:
    """Numbers (P,) of the points of the mesh that speech moves."""
    return np.flatnonzero(mean_face().vertices[:, 1] > TOP)


def _places(vertices: NDArray[np.integer]) -> list[list[int]]:
    """Where the upper and the lower points of the lip gaps are among `vertices`."""
    place = {int(vertex): i for i, vertex in enumerate(vertices)}
    return [[place[pair[side]] for pair in LIP_GAPS] for side in (0, 1)]


def lip_gap(shapes: Shapes, vertices: NDArray[np.integer]) -> NDArray[np.float32]:
    """Distance between the inner edges of the lips, mean of three pairs of points.

    Args:
        shapes: (..., P, 3).
        vertices: (P,) numbers of the points in the mesh.

    Returns:
        (...) in the unit of the shapes.
    """
    upper, lower = _places(vertices)
    distances = np.linalg.norm(shapes[..., lower, :] - shapes[..., upper, :], axis=-1)
    return np.asarray(distances.mean(axis=-1), np.float32)


def close_lips(shape: Shapes, vertices: NDArray[np.integer], basis: Shapes) -> Shapes:
    """Close the lips by the smallest motion, counted in standard deviations of speech; closed lips stay as they are.

    A smile closes as smiles do: its corners move as far as they do in speech, and no farther.

    Args:
        shape: (P, 3).
        vertices: (P,) numbers of its points in the mesh.
        basis: (K, P, 3) principal components times their standard deviation.

    Returns:
        (P, 3) with a gap of at most `CLOSED_GAP`.
    """
    upper, lower = _places(vertices)
    opening = (basis[:, lower, 1] - basis[:, upper, 1]).mean(axis=1)  # gap per coefficient
    for _ in range(ROUNDS):
        excess = max(0.0, float(lip_gap(shape, vertices)) - CLOSED_GAP)
        coefficients = -excess * opening / (opening @ opening)
        shape = shape + np.tensordot(coefficients, basis, axes=1).astype(np.float32)
    return shape


def most_closed(shapes: Shapes, vertices: NDArray[np.integer]) -> Shapes:
    """Return the mean of the tenth of the frames with the smallest lip gap.

    It averages what single sounds do to closed lips (pressed for m, rounded beside w).

    Args:
        shapes: (F, P, 3) of one person, F >= 1.
        vertices: (P,) numbers of the points in the mesh.

    Returns:
        (P, 3).
    """
    count = min(len(shapes), max(FEWEST_FRAMES, round(CLOSED_SHARE * len(shapes))))
    lowest = np.argsort(lip_gap(shapes, vertices), kind="stable")[:count]
    return np.asarray(shapes[lowest].mean(axis=0), np.float32)


def neutral_shape(shapes: Shapes, vertices: NDArray[np.integer], basis: Shapes) -> Shapes:
    """Estimate a person's neutral shape: `most_closed`, its lips closed.

    Args:
        shapes: (F, P, 3) of one person, F >= 1; one still is enough.
        vertices: (P,) numbers of the points in the mesh.
        basis: (K, P, 3), see `close_lips`.

    Returns:
        (P, 3).
    """
    return close_lips(most_closed(shapes, vertices), vertices, basis)
