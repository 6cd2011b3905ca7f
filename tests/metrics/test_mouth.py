import numpy as np
import pytest

from wav2lip.metrics import mouth_box, mouth_motion, mouth_region


def test_mouth_is_the_middle_of_the_lower_half():
    assert mouth_box(96, 96) == (48, 96, 24, 72)
    faces = np.zeros((2, 96, 96, 3), np.uint8)
    faces[:, 48:, 24:72] = 7
    region = mouth_region(faces)
    assert region.shape == (2, 48, 48, 3)
    assert (region == 7).all()
    with pytest.raises(ValueError, match="uint8"):
        mouth_region(faces.astype(np.float32))


def test_motion_is_in_grey_levels_and_blind_outside_the_mouth():
    faces = np.full((4, 96, 96, 3), 100, np.uint8)
    faces[2] += 10
    faces[:, :48] = np.random.default_rng(0).integers(0, 256, (4, 48, 96, 3))
    np.testing.assert_allclose(mouth_motion(faces), [0, 10, 10], atol=1e-4)
    blue = np.zeros((2, 96, 96, 3), np.uint8)
    blue[1, ..., 0] = 100
    np.testing.assert_allclose(mouth_motion(blue), [11.4], atol=1e-4)
