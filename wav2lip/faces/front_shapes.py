"""The shapes of a clip's faces seen from the front, and what is measured on them."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.clips import ClipFile
from wav2lip.errors import InputError
from wav2lip.faces.head_pose import fit_pose
from wav2lip.faces.neutral_shape import Shapes, lip_gap
from wav2lip.regions import CHIN, MOUTH_CORNERS


def front_shapes(file: ClipFile) -> Shapes:
    """Read the meshes of a clip and turn them to the front.

    Returns:
        (F, 468, 3) as `HeadPose.face_on` gives them; NaN for a frame without landmarks.

    Raises:
        InputError: the clip file has no landmarks.
    """
    landmarks = file.landmarks()
    if landmarks is None:
        raise InputError(
            f"{file.path}: has no landmarks; preprocess its video with clip.landmarks=true"
        )
    boxes = file.boxes()
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    points = landmarks.astype(np.float32) * np.stack([width, height, width], axis=1)[:, None]
    for i in np.flatnonzero(np.isfinite(points).all(axis=(1, 2))):
        points[i] = fit_pose(points[i]).face_on(points[i])
    return points


def mouth_measures(shapes: Shapes, vertices: NDArray[np.integer]) -> NDArray[np.float32]:
    """Measure mouths that are seen from the front.

    Args:
        shapes: (F, P, 3).
        vertices: (P,) numbers of the points in the mesh.

    Returns:
        (F, 3): opening (the lip gap), width between the outer corners, and how far down the chin is, in the unit of
        the shapes.
    """
    place = {int(vertex): i for i, vertex in enumerate(vertices)}
    right, left = (shapes[:, place[corner]] for corner in MOUTH_CORNERS)
    width = np.linalg.norm(left - right, axis=1)
    measures = [lip_gap(shapes, vertices), width, shapes[:, place[CHIN], 1]]
    return np.stack(measures, axis=1).astype(np.float32)
