import numpy as np
import pytest

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.neutral_shape import (
    close_lips,
    lip_gap,
    lower_face,
    most_closed,
    neutral_shape,
)
from wav2lip.regions import CHIN, LIP_POINTS, MOUTH_CORNERS
from wav2lip.types import LOWER_FACE

VERTICES = lower_face()
PLACE = {int(vertex): i for i, vertex in enumerate(VERTICES)}
LOWER_LIP = [PLACE[v] for v in (14, 87, 317, 17, CHIN)]


@pytest.fixture
def basis():
    """Opening, by 0.05 units, and a wider mouth."""
    motions = np.zeros((2, LOWER_FACE, 3), np.float32)
    motions[0, LOWER_LIP, 1] = 0.05
    motions[1, [PLACE[v] for v in MOUTH_CORNERS], 0] = -0.02, 0.02
    return motions


@pytest.fixture
def closed():
    """The mean face with a lip gap of 0.01."""
    shape = mean_face().vertices[VERTICES].copy()
    for upper, lower in ((13, 14), (82, 87), (312, 317)):
        shape[PLACE[lower]] = shape[PLACE[upper]] + (0, 0.01, 0)
    return shape


def test_the_lower_face_has_lips_corners_and_chin():
    assert len(VERTICES) == LOWER_FACE
    assert {*LIP_POINTS, *MOUTH_CORNERS, CHIN} <= set(PLACE)
    assert not {33, 263, 6} & set(PLACE)  # eyes and nose bridge


def test_closed_lips_stay_as_they_are(closed, basis):
    assert lip_gap(closed, VERTICES) == pytest.approx(0.01, abs=1e-6)
    np.testing.assert_array_equal(close_lips(closed, VERTICES, basis), closed)


def test_open_lips_close_along_the_motion_that_opened_them(closed, basis):
    opened = closed + 2 * basis[0]
    assert lip_gap(opened, VERTICES) == pytest.approx(0.11, abs=1e-6)
    shut = close_lips(opened, VERTICES, basis)
    assert lip_gap(shut, VERTICES) == pytest.approx(0.012, abs=1e-4)
    np.testing.assert_allclose(shut[PLACE[CHIN]], closed[PLACE[CHIN]], atol=0.003)
    np.testing.assert_array_equal(shut[PLACE[61]], closed[PLACE[61]])


def test_the_neutral_shape_is_the_mean_of_the_most_closed_tenth(closed, basis):
    opening = np.concatenate([np.zeros(4), np.linspace(0.5, 2, 36)])
    width = np.concatenate([[1, -1, 3, 1], np.full(36, 9.0)])
    moved = np.einsum("fk,kpc->fpc", np.stack([opening, width], axis=1), basis)
    shapes = (closed + moved).astype(np.float32)
    expected = closed + basis[1]  # mean of 1, -1, 3, 1
    np.testing.assert_allclose(most_closed(shapes, VERTICES), expected, atol=1e-5)
    np.testing.assert_allclose(neutral_shape(shapes, VERTICES, basis), expected, atol=1e-5)


def test_one_still_is_enough(closed, basis):
    still = (closed + basis[0] + basis[1])[None]
    shape = neutral_shape(still, VERTICES, basis)
    np.testing.assert_allclose(shape, closed + basis[1], atol=0.003)
