"""Which triangles of a turned face can be seen, and how far beyond its outline the motion reaches.

The far side of a turned face lies behind the near one. Its triangles run the other way round there. Drawn, they would
tear the outline of lips and chin.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.warp_triangles import (
    MESH,
    Points2,
    Triangles,
    across_mouth,
    neighbours,
    warp_triangles,
)
from wav2lip.regions import CHIN, LEFT_EYE, NOSE_TIP, RIGHT_EYE

# Triangles of the face that are seen from behind; with fewer it counts as seen from the front. A head that is turned by
# 25 degrees has about 50; one that is bent down, too, has them sooner. Up to there the points around the face follow
# its outline well.
HIDDEN = 50
# How far beyond the outline the motion has ended: of the distance between the eyes and that from nose to chin together.
REACH = 0.15


def _clockwise(points: Points2, triangles: Triangles) -> NDArray[np.bool_]:
    """Return which triangles (T, 3) run clockwise, (T,)."""
    first, second, third = (points[triangles[:, corner]] for corner in range(3))
    (ax, ay), (bx, by) = (second - first).T, (third - first).T
    return np.asarray(ax * by > ay * bx, np.bool_)


@cache
def _face() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of `warp_triangles` belong to the face, (T,), and which of these run clockwise in the mean face."""
    within = np.asarray((warp_triangles() < MESH).all(axis=1), np.bool_)
    shape = mean_face().vertices[:, :2].astype(np.float64)
    return within, _clockwise(shape, warp_triangles()[within])


def seen_triangles(before: Points2, after: Points2) -> tuple[NDArray[np.bool_], float | None]:
    """Find the triangles that can be seen before and after a motion.

    Args:
        before: (526, 2) points of `warp_triangles`, in pixels.
        after: where they go.

    Returns:
        Which of `warp_triangles` are seen, (T,). How many pixels beyond them the motion reaches; None for a
        face seen from the front, of which all are.
    """
    triangles = warp_triangles()
    within, forward = _face()
    seen = np.ones(len(triangles), np.bool_)
    seen[within] = _clockwise(before, triangles[within]) == forward
    if np.count_nonzero(~seen) < HIDDEN:
        return np.ones_like(seen), None
    seen[within] &= _clockwise(after, triangles[within]) == forward
    outside = ~within & ~across_mouth()
    # What lies around the face is seen beside what is seen of the face.
    seen[outside] = seen[neighbours()[outside]]
    eyes, chin = before[LEFT_EYE] - before[RIGHT_EYE], before[CHIN] - before[NOSE_TIP]
    reach = REACH * float(np.linalg.norm(eyes) + np.linalg.norm(chin))
    return seen, max(reach, 1.0)
