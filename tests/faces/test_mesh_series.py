import numpy as np
import pytest
from motion_clips import closed_face, landmarks, rewritten, write_motion_clip

from wav2lip.clips import ClipFile
from wav2lip.data.motion_basis import motion_basis
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.mesh_series import (
    motion_series,
    read_columns,
    read_motion_series,
    sound_columns,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return folder / write_motion_clip(folder, "one", "train", 0, 1.0).clip


def neutral():
    basis = motion_basis()
    deviation = (closed_face() - mean_face().vertices)[basis.vertices]
    return basis.project(deviation[None])[0]


def test_known_coefficients_come_back_with_the_gaps_filled(tmp_path, clip):
    basis = motion_basis()
    known = np.stack([np.linspace(0, 3, 25), np.zeros(25)], axis=1)
    mesh = landmarks(known)
    mesh[10:12] = np.nan
    file = ClipFile(rewritten(tmp_path / "c", clip, mesh))
    series = read_motion_series(file, basis.vertices, basis.components)
    assert series.motion.shape == (25, 12)
    assert np.flatnonzero(~series.seen).tolist() == [10, 11]
    np.testing.assert_allclose(series.motion[:, :2] - neutral()[:2], known, atol=0.12)


def test_other_rates_become_25_frames_a_second():
    basis = motion_basis()
    shapes = np.repeat(mean_face().vertices[None], 50, axis=0)
    shapes[:, basis.vertices] += np.linspace(0, 1, 50)[:, None, None] * basis.components[0]
    series = motion_series(shapes, 50.0, basis.vertices, basis.components)
    assert series.motion.shape == (25, 12)
    np.testing.assert_allclose(series.motion[:, 0], np.linspace(0, 48 / 49, 25), atol=1e-4)
    shapes[:] = np.nan
    nothing = motion_series(shapes, 25.0, basis.vertices, basis.components)
    assert not nothing.seen.any()
    assert nothing.motion.shape == (50, 12)


def test_sound_is_read_in_the_middle_of_each_third():
    # Frame 1 lasts from 40 to 80 ms: read at 46.7, 60 and 73.3 ms. Column m stands for second (m + 0.5) / 80.
    np.testing.assert_allclose(sound_columns([1]), [3.2333, 4.3, 5.3667], atol=1e-4)
    assert sound_columns([1], 50).tolist() == pytest.approx([1.3667, 1.9, 2.4333], abs=1e-4)
    ramp = np.arange(10, dtype=np.float32)[None]
    np.testing.assert_allclose(
        read_columns(ramp, np.array([-1.0, 0.25, 8.5, 20])), [[0, 0.25, 8.5, 9]]
    )
