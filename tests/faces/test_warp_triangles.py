import numpy as np

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.warp_triangles import (
    MOUTH_LOWER,
    MOUTH_UPPER,
    OVAL,
    across_mouth,
    around_mouth,
    neighbours,
    warp_triangles,
)


def test_triangles_of_the_face_its_surroundings_and_the_mouth():
    triangles = warp_triangles()
    assert triangles.shape == (636, 3)
    assert (len(OVAL), len(set(OVAL))) == (36, 36)
    assert (range(504, 515), range(515, 526)) == (MOUTH_UPPER, MOUTH_LOWER)
    assert (triangles < 468).all(axis=1).sum() == 572
    assert across_mouth().sum() == 20


def test_what_lies_around_the_mouth_reaches_from_cheek_to_cheek():
    points = warp_triangles()[around_mouth()]
    assert {0, 17, 61, 291, 152} <= set(points.ravel().tolist())
    assert not {10, 33, 263, 4} & set(points.ravel().tolist())


def test_triangles_around_the_face_adjoin_the_one_with_their_edge():
    triangles, found = warp_triangles(), neighbours()
    around = ((triangles >= 468) & (triangles < 504)).any(axis=1)
    np.testing.assert_array_equal(found[~around], np.flatnonzero(~around))
    stands_for = np.array([*range(468), *OVAL])
    for triangle, neighbour in zip(triangles[around], triangles[found[around]], strict=True):
        assert set(stands_for[triangle].tolist()) <= set(neighbour.tolist())
    assert (triangles[found[around]] < 468).all()


def test_no_triangle_lies_above_the_eyes():
    height = mean_face().vertices[:, 1]
    triangles = warp_triangles()
    face = triangles[(triangles < 468).all(axis=1)]
    assert height[face].max(axis=1).min() > 0.15
