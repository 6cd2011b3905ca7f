import numpy as np

from wav2lip.data.motion_basis import MotionBasis, fit_basis, motion_basis
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.neutral_shape import lip_gap, lower_face
from wav2lip.types import LOWER_FACE

PLACE = {int(vertex): i for i, vertex in enumerate(lower_face())}


def test_the_basis_of_the_package_moves_the_lower_face_alike_on_both_sides():
    basis = motion_basis()
    assert basis.components.shape == (12, LOWER_FACE, 3)
    np.testing.assert_array_equal(basis.vertices, lower_face())
    across = [PLACE[int(mean_face().mirror[vertex])] for vertex in basis.vertices]
    mirrored = basis.components[:, across] * [-1, 1, 1]
    np.testing.assert_allclose(basis.components, mirrored, atol=1e-4)


def test_the_first_component_opens_the_mouth_and_drops_the_jaw():
    opening, _, jaw = motion_basis().measures()[0]
    assert 0.02 < opening < 0.06  # distances between the eyes, per standard deviation
    assert 0.005 < jaw < 0.03


def test_projecting_inverts_the_sum_of_components():
    basis = motion_basis()
    coefficients = np.random.default_rng(0).normal(size=(5, 12)).astype(np.float32)
    deviations = np.einsum("fk,kpc->fpc", coefficients, basis.components)
    np.testing.assert_allclose(basis.project(deviations), coefficients, atol=5e-3)  # stored in fp16


def test_measures_are_what_the_mesh_shows():
    basis = motion_basis()
    vertices = basis.vertices
    closed = mean_face().vertices[vertices]
    opened = closed + 2 * basis.components[0]
    gap = lip_gap(opened, vertices) - lip_gap(closed, vertices)
    assert abs(gap - 2 * basis.measures()[0, 0]) < 0.01  # the lips are not flat
    jaw = opened[PLACE[152], 1] - closed[PLACE[152], 1]
    assert abs(jaw - 2 * basis.measures()[0, 2]) < 1e-5


def test_a_basis_finds_the_symmetric_motion_and_its_size():
    vertices, mirror = lower_face(), mean_face().mirror
    drop = np.zeros((LOWER_FACE, 3))
    drop[[PLACE[14], PLACE[87], PLACE[317]], 1] = 0.1
    sideways = np.zeros((LOWER_FACE, 3))
    sideways[:, 0] = 0.05
    rng = np.random.default_rng(0)
    clips = []
    for person in range(4):
        motion = rng.normal(size=(50, 2))
        motion -= motion.mean(axis=0)
        motion /= motion.std(axis=0)
        moved = person + np.einsum("fk,kpc->fpc", motion, np.stack([drop, sideways]))
        clips.append(moved.astype(np.float32))
    basis = fit_basis(clips, vertices, mirror, 2)
    np.testing.assert_allclose(basis.components[0], drop, atol=1e-4)  # opens, by one deviation
    assert np.abs(basis.components[1]).max() < 1e-4
    assert isinstance(basis, MotionBasis)
