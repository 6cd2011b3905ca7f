import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.neutral_shape import close_lips, lip_gap, lower_face
from wav2lip.faces.retargeting import READING_SIZE, MotionSpace, part_lips, retarget

VERTICES = lower_face()
PLACE = {int(vertex): i for i, vertex in enumerate(VERTICES)}
LOWER_LIP = [95, 88, 178, 87, 14, 317, 402, 318, 324, 17, 152]


@pytest.fixture
def space():
    """Opening by 0.05 units, and a wider mouth by 0.04."""
    basis = np.zeros((2, len(VERTICES), 3), np.float32)
    basis[0, [PLACE[v] for v in LOWER_LIP], 1] = 0.05
    basis[1, [PLACE[v] for v in (61, 291)], 0] = -0.02, 0.02
    return MotionSpace(VERTICES, basis)


def smiling(space):
    """A face with an open, wide mouth in a turned head, and its neutral shape."""
    shape = mean_face().vertices.copy()
    shape[VERTICES] += space.deviation(np.float32([2, 3]))
    landmarks = Landmarks(head_pose(yaw=15, roll=10).place(shape))
    return landmarks, close_lips(shape[VERTICES], VERTICES, space.basis)


def gap(points):
    return Landmarks(points).lip_gap / head_pose().scale


def test_no_motion_closes_the_mouth(space):
    landmarks, neutral = smiling(space)
    closed = retarget(landmarks, neutral, np.zeros_like(neutral), space)
    assert gap(landmarks.points) > 0.1
    assert gap(closed) == pytest.approx(lip_gap(neutral, VERTICES), abs=1e-3)
    assert gap(closed) < 0.02
    upper = np.setdiff1d(np.arange(468), VERTICES)
    np.testing.assert_allclose(closed[upper], landmarks.points[upper], atol=1e-3)


def test_predicted_motion_replaces_the_source_s(space):
    landmarks, neutral = smiling(space)
    own = landmarks.pose.face_on(landmarks.points)[VERTICES] - neutral
    for opening in (1.0, 2.0):
        deviation = space.deviation(np.float32([opening, 0]))
        moved = retarget(landmarks, neutral, deviation, space)
        # The mesh is taken to show too little: a fifth of what it shows is taken out in addition.
        wanted = lip_gap(neutral + deviation - 0.2 * own, VERTICES)
        assert gap(moved) == pytest.approx(wanted, abs=2e-3)
        assert wanted > 0.02 * opening


def test_less_of_a_wide_mouth_is_added_to_its_measured_motion(space):
    shape = mean_face().vertices.copy()
    opened = shape.copy()
    opened[VERTICES] += space.deviation(np.float32([12, 0]))
    landmarks = Landmarks(head_pose().place(opened))
    own = space.explain(landmarks.pose.face_on(landmarks.points)[VERTICES] - shape[VERTICES])
    size = float(np.sqrt((own**2).sum(-1).mean()))
    assert size > 2 * READING_SIZE
    wide = space.deviation(np.float32([8, 0]))
    moved = retarget(landmarks, shape[VERTICES], wide, space)
    added = own * 0.2 * READING_SIZE / size
    wanted = lip_gap(shape[VERTICES] + wide - added, VERTICES)
    assert gap(moved) == pytest.approx(wanted, abs=2e-3)


def test_a_weight_fades_to_the_source(space):
    landmarks, neutral = smiling(space)
    still = np.zeros_like(neutral)
    none, half, full = (retarget(landmarks, neutral, still, space, w) for w in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(none, landmarks.points, atol=1e-3)
    np.testing.assert_allclose(half, (none + full) / 2, atol=1e-3)


def test_lips_that_would_cross_meet():
    shape = mean_face().vertices.copy()
    shape[14, 1] = shape[13, 1] - 0.04
    middle = (shape[13, 1] + shape[14, 1]) / 2
    parted = part_lips(shape.copy())
    assert parted[13, 1] == parted[14, 1] == pytest.approx(middle)
    np.testing.assert_array_equal(np.delete(parted, (13, 14), 0), np.delete(shape, (13, 14), 0))


def test_noise_of_the_mesh_is_not_motion(space):
    noise = np.random.default_rng(0).normal(0, 0.01, (len(VERTICES), 3)).astype(np.float32)
    wanted = space.deviation(np.float32([1.5, -0.5]))
    explained = space.explain(wanted + noise)
    assert np.abs(explained - wanted).max() < 0.01
    assert np.abs(explained - wanted).mean() < 0.1 * np.abs(noise).mean()
