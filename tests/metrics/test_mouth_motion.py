import cv2
import numpy as np
import pytest

from wav2lip.metrics import mouth_changes, mouth_region
from wav2lip.regions import MOUTH


def test_mouth_is_the_middle_of_the_lower_half():
    assert MOUTH.slices(96, 96) == (slice(48, 96), slice(24, 72))
    faces = np.zeros((2, 96, 96, 3), np.uint8)
    faces[:, 48:, 24:72] = 7
    region = mouth_region(faces)
    assert region.shape == (2, 48, 48, 3)
    assert (region == 7).all()
    with pytest.raises(ValueError, match="uint8"):
        mouth_region(faces.astype(np.float32))


def face(x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """A textured picture (96,96,3) moved by so many pixels."""
    rng = np.random.default_rng(0)
    texture = cv2.GaussianBlur(rng.uniform(0, 255, (120, 120)).astype(np.float32), (0, 0), 3)
    moved = cv2.warpAffine(texture, np.float32([[1, 0, x], [0, 1, y]]), (120, 120))[12:108, 12:108]
    grey = (moved - moved.min()) / (moved.max() - moved.min()) * 200 + 20
    return np.rint(grey)[..., None].repeat(3, axis=2).astype(np.uint8)


def test_motion_of_the_head_is_not_the_mouths():
    faces = np.stack([face(), face(2, -1), face(2, -1)])
    raw = np.abs(faces[1].astype(float) - faces[0])[48:, 24:72].mean()
    changes = mouth_changes(faces)
    assert changes.shape == (2, 144)
    assert raw > 12
    assert np.abs(changes).mean(1) == pytest.approx([0, 0], abs=0.5)


def test_motion_of_the_mouth_is_in_grey_levels_by_cell():
    faces = np.stack([face(), face()])
    faces[1, 48 + 16 : 48 + 20, 24 + 8 : 24 + 16] += 30
    change = mouth_changes(faces)[0].reshape(12, 12)
    assert change[4, 2:4] == pytest.approx([30, 30], abs=3)
    change[3:6, 1:5] = 0
    assert np.abs(change).max() < 2
    large = mouth_changes(faces.repeat(2, axis=1).repeat(2, axis=2))[0].reshape(12, 12)
    assert large[4, 2:4] == pytest.approx([30, 30], abs=3)


def test_a_head_that_cannot_be_followed_is_not_measured():
    assert np.isnan(mouth_changes(np.full((3, 96, 96, 3), 100, np.uint8))).all()
    assert mouth_changes(np.zeros((1, 96, 96, 3), np.uint8)).shape == (0, 144)
