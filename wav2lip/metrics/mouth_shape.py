"""Shape of the mouth over time, measured on the face mesh."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.regions import (
    CHIN,
    INNER_CORNERS,
    LEFT_EYE,
    LIP_GAPS,
    MOUTH_CORNERS,
    NOSE_BRIDGE,
    RIGHT_EYE,
)
from wav2lip.types import LANDMARKS

SMALLEST = 1e-6  # px; a shorter divisor is of no face

Meshes = NDArray[np.float32]  # (F, 468, 3) px: right, down, depth; NaN for a frame without a mesh
Series = NDArray[np.float64]  # (F,), NaN for a frame without a mesh


class MouthShape(NamedTuple):
    """Shape of the mouth in F frames, (F,) each; NaN for a frame without a mesh.

    Attributes:
        opening: distance between the inner edges of the lips over the inter-ocular distance.
        mar: mouth aspect ratio: the same distance over the width of the inner mouth.
        width: distance between the outer mouth corners over the inter-ocular distance.
        jaw: distance from the nose bridge to the chin over the inter-ocular distance.
    """

    opening: Series
    mar: Series
    width: Series
    jaw: Series


def check_meshes(meshes: Meshes) -> None:
    """Check the shape of an array of meshes.

    Raises:
        ValueError: it is not (F,468,3).
    """
    if meshes.ndim != 3 or meshes.shape[1:] != (LANDMARKS, 3):
        raise ValueError(f"meshes must be (F,{LANDMARKS},3), not {meshes.shape}")


def _distances(meshes: Meshes, one: int, other: int) -> Series:
    return np.asarray(np.linalg.norm(meshes[:, one] - meshes[:, other], axis=1), np.float64)


def inter_ocular(meshes: Meshes) -> Series:
    """Distance between the outer eye corners of each mesh (F,468,3) -> (F,) in its unit."""
    return _distances(meshes, RIGHT_EYE, LEFT_EYE)


def mouth_shape(meshes: Meshes) -> MouthShape:
    """Measure the mouth in every frame.

    Distances are three-dimensional, so a turned head does not change them.

    Args:
        meshes: (F,468,3) in pixels; NaN for a frame without a mesh.

    Raises:
        ValueError: a wrong shape.
    """
    check_meshes(meshes)
    eyes = np.maximum(inter_ocular(meshes), SMALLEST)
    gap = np.mean([_distances(meshes, *pair) for pair in LIP_GAPS], axis=0)
    return MouthShape(
        opening=gap / eyes,
        mar=gap / np.maximum(_distances(meshes, *INNER_CORNERS), SMALLEST),
        width=_distances(meshes, *MOUTH_CORNERS) / eyes,
        jaw=_distances(meshes, NOSE_BRIDGE, CHIN) / eyes,
    )
