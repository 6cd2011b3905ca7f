"""LMD and F-LMD: how far landmarks of a generated face lie from those of the true one.

Source: Chen et al., "Lip Movements Generation at a Glance" (2018), for LMD. Papers normalise differently;
the unit is therefore an argument, and every column names its own.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.mouth_shape import Meshes, Series, check_meshes
from wav2lip.regions import LIP_POINTS
from wav2lip.types import LANDMARKS


def _mean_distance(
    generated: Meshes, reference: Meshes, unit: Series, points: Sequence[int]
) -> float:
    check_meshes(generated)
    check_meshes(reference)
    if generated.shape != reference.shape or unit.shape != generated.shape[:1]:
        raise ValueError(
            f"meshes and units of {len(generated)}, {len(reference)} and {len(unit)} frames differ; "
            "give the same frames"
        )
    sides: list[NDArray[np.float64]] = []
    for meshes in (generated, reference):
        flat = meshes[:, list(points), :2].astype(np.float64)
        sides.append(flat - flat.mean(axis=1, keepdims=True))
    each = np.linalg.norm(sides[0] - sides[1], axis=2).mean(axis=1) / unit
    known = each[np.isfinite(each)]
    return float(known.mean()) if len(known) else float("nan")


def lmd(generated: Meshes, reference: Meshes, unit: Series) -> float:
    """Mean distance of the lip points in the image, after their centres have been laid on each other.

    Args:
        generated: (F,468,3) px; NaN for a frame without a mesh.
        reference: (F,468,3) px, of the true video.
        unit: (F,) px, what counts as 1: the inter-ocular distance or the side of the face's box.

    Returns:
        0 for equal lips; NaN if no frame has both meshes.

    Raises:
        ValueError: a wrong shape.
    """
    return _mean_distance(generated, reference, unit, LIP_POINTS)


def f_lmd(generated: Meshes, reference: Meshes, unit: Series) -> float:
    """The same over all 468 points of the face; see `lmd`."""
    return _mean_distance(generated, reference, unit, range(LANDMARKS))
