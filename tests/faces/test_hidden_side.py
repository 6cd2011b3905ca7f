import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.hidden_side import seen_triangles
from wav2lip.faces.warp_triangles import OVAL, across_mouth, warp_triangles
from wav2lip.regions import INNER_LOWER, INNER_UPPER


def placed(yaw, move=0.0):
    """The 526 points of a turned mean face, with the jaw moved down by so many pixels."""
    points = head_pose(yaw=yaw).place(mean_face().vertices)[:, :2].astype(np.float64)
    points[mean_face().vertices[:, 1] > 0.9, 1] += move
    outline = points[list(OVAL)]
    around = outline.mean(0) + 1.35 * (outline - outline.mean(0))
    return np.concatenate([points, around, points[[*INNER_UPPER, *INNER_LOWER]]])


@pytest.mark.parametrize("yaw", [0, 15, -15])
def test_a_face_from_the_front_hides_nothing(yaw):
    seen, reach = seen_triangles(placed(yaw), placed(yaw, 10))
    assert seen.shape == (636,)
    assert seen.all()
    assert reach is None


@pytest.mark.parametrize("yaw", [40, -40])
def test_a_turned_face_hides_its_far_side(yaw):
    points = placed(yaw)
    seen, reach = seen_triangles(points, points)
    assert np.count_nonzero(~seen) == pytest.approx(107, abs=8)
    assert seen[across_mouth()].all()
    eyes = np.linalg.norm(points[33] - points[263])
    chin = np.linalg.norm(points[4] - points[152])
    assert reach == pytest.approx(0.15 * (eyes + chin))
    triangles = warp_triangles()
    around = ((triangles >= 468) & (triangles < 504)).any(axis=1)
    right = (mean_face().vertices[[*range(468), *OVAL], 0] < 0)[triangles[around]].all(axis=1)
    shares = {seen[around][right].mean(), seen[around][~right].mean()}
    assert min(shares) < 0.4
    assert max(shares) == 1


def test_a_tiny_face_reaches_a_pixel():
    points = placed(40) / 100
    assert seen_triangles(points, points)[1] == 1.0


def test_what_a_motion_hides_is_hidden():
    before, after = placed(40), placed(40)
    front, _ = seen_triangles(before, before)
    triangle = warp_triangles()[np.flatnonzero(front & (warp_triangles() < 468).all(axis=1))[100]]
    after[triangle[0]] += 2 * (after[triangle[1:]].mean(0) - after[triangle[0]])
    seen, _ = seen_triangles(before, after)
    number = (warp_triangles() == triangle).all(axis=1)
    assert front[number].all()
    assert not seen[number].any()
