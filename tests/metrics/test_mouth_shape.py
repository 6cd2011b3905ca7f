import numpy as np
import pytest

from tests.meshes import meshes
from wav2lip.faces.landmarks import Landmarks
from wav2lip.metrics import mouth_shape
from wav2lip.metrics.mouth_shape import inter_ocular


def test_known_shapes_are_measured():
    shape = mouth_shape(meshes([0.0, 0.1, 0.2], width=0.5, jaw=[1.2, 1.3, 1.4]))
    assert shape.opening == pytest.approx([0, 0.1, 0.2], abs=1e-6)
    assert shape.mar == pytest.approx([0, 0.25, 0.5], abs=1e-6)
    assert shape.width == pytest.approx([0.5] * 3)
    assert shape.jaw == pytest.approx([1.2, 1.3, 1.4])
    assert inter_ocular(meshes([0.1])) == pytest.approx([100])


def test_a_turned_or_larger_head_has_the_same_shape():
    cos, sin = np.cos(0.6), np.sin(0.6)
    about_y = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    straight = meshes([0.1, 0.2])
    for one, other in zip(
        mouth_shape(straight), mouth_shape(1.7 * straight @ about_y), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-5)


def test_the_landmarks_of_one_frame_measure_the_same():
    mesh = np.random.default_rng(1).uniform(0, 200, (468, 3)).astype(np.float32)
    shape, frame = mouth_shape(mesh[None]), Landmarks(mesh)
    assert shape.opening[0] == pytest.approx(frame.lip_opening, rel=1e-5)
    assert shape.mar[0] == pytest.approx(frame.mar, rel=1e-5)
    assert shape.width[0] == pytest.approx(frame.mouth_width, rel=1e-5)


def test_frames_without_a_mesh_have_no_shape():
    face = meshes([0.1, 0.2])
    face[0] = np.nan
    assert np.isnan([series[0] for series in mouth_shape(face)]).all()
    assert np.isfinite([series[1] for series in mouth_shape(face)]).all()
    with pytest.raises(ValueError, match=r"must be \(F,468,3\), not \(468, 3\)"):
        mouth_shape(face[0])
