"""The triangles over which a face is moved: around it, in it, and across the open mouth."""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.regions import INNER_LOWER, INNER_UPPER

# Points around the face's outline, clockwise as seen from the forehead.
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
# Points of the mesh; those around the face follow, then those of the inside of the mouth.
MESH = 468
# The edge of the inside of the mouth: the points of the inner lips, which may come from elsewhere than the lips.
MOUTH_UPPER = range(MESH + len(OVAL), MESH + len(OVAL) + len(INNER_UPPER))
MOUTH_LOWER = range(MOUTH_UPPER.stop, MOUTH_UPPER.stop + len(INNER_LOWER))

TOP = 0.15  # height below the eyes, in distances between them, from which triangles may move
# Of the mean face, half the width and the upper end of what is always in the moved part.
MOUTH = 0.42, 0.58

Triangles = NDArray[np.intp]  # (T, 3)
Points2 = NDArray[np.float64]  # (468 + 36 + 22, 2)


def _all() -> Triangles:
    """Triangles around the face, in it, and across the mouth."""
    count = len(OVAL)
    ring = [
        triangle
        for i in range(count)
        for j in [(i + 1) % count]
        for triangle in ((OVAL[i], OVAL[j], MESH + i), (OVAL[j], MESH + j, MESH + i))
    ]
    pairs = list(zip(MOUTH_UPPER, MOUTH_LOWER, strict=True))
    mouth = [triangle for (a, b), (c, d) in pairwise(pairs) for triangle in ((a, c, b), (c, d, b))]
    face = mean_face().triangles.astype(np.intp)
    return np.concatenate([np.array(ring), face, np.array(mouth)])


@cache
def warp_triangles() -> Triangles:
    """Return the triangles that may move, (T, 3)."""
    triangles = _all()
    height = mean_face().vertices[[*range(MESH), *OVAL, *INNER_UPPER, *INNER_LOWER], 1]
    return np.asarray(triangles[height[triangles].max(axis=1) > TOP], np.intp)


@cache
def around_mouth() -> NDArray[np.bool_]:
    """Return which of them lie around the mouth, where its inside is filled even if nothing moves: (T,)."""
    vertices = mean_face().vertices
    around = (np.abs(vertices[:, 0]) < MOUTH[0]) & (vertices[:, 1] > MOUTH[1])
    flags = np.concatenate([around, np.zeros(MOUTH_LOWER.stop - len(around), np.bool_)])
    return np.asarray(flags[warp_triangles()].any(axis=1), np.bool_)


@cache
def across_mouth() -> NDArray[np.bool_]:
    """Return which of them lie across the open mouth, (T,)."""
    return np.asarray((warp_triangles() >= MOUTH_UPPER.start).all(axis=1), np.bool_)


@cache
def neighbours() -> NDArray[np.intp]:
    """Return the triangle of the face at each one around the face, and for all others themselves: (T,)."""
    triangles = warp_triangles()
    found = np.arange(len(triangles))
    # A point around the face stands for the one of the outline from which it was made.
    inner = np.array([*range(MESH), *OVAL, *range(MOUTH_UPPER.start, MOUTH_LOWER.stop)])[triangles]
    within = (triangles < MESH).all(axis=1)
    for number in np.flatnonzero((inner != triangles).any(axis=1)):
        edge = np.isin(triangles, inner[number]).sum(axis=1)
        found[number] = np.flatnonzero(within & (edge == 2))[0]
    return found
