import numpy as np
import pytest

from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.face_augment import FaceAugment


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def crops():
    """Two padded crops of 120 px: noise, so that any shift shows."""
    return rng(1).integers(0, 256, (2, 120, 120, 3)).astype(np.uint8)


def test_without_augmentation_the_face_is_the_crop_without_its_margin(crops):
    faces = FaceAugment(NO_AUGMENT, 96, 0.125, rng())(crops)
    assert faces.shape == (2, 96, 96, 3)
    assert (faces == crops[:, 12:108, 12:108]).all()


def test_a_video_encoder_sees_the_faces(crops):
    settings = AugmentSettings(flip=0, shift=0, scale=0, colour=0, h264=1)
    view = FaceAugment(settings, 96, 0.125, rng())
    assert 23 <= view.degrade.crf <= 40
    assert (view(crops) != crops[:, 12:108, 12:108]).any()


def test_flip_mirrors(crops):
    settings = AugmentSettings(flip=1, shift=0, scale=0, colour=0)
    assert (FaceAugment(settings, 96, 0.125, rng())(crops) == crops[:, 12:108, 107:11:-1]).all()


def test_a_face_is_turned_about_its_middle_with_no_black_corners():
    row = np.repeat(np.arange(120)[:, None], 120, axis=1)
    ramp = np.repeat((2 * row).astype(np.uint8)[None, :, :, None], 3, axis=3)
    settings = AugmentSettings(flip=0, shift=0, scale=0, colour=0, rotate=30.0)
    angles = []
    for seed in range(20):
        view = FaceAugment(settings, 96, 0.125, rng(seed))
        face = view(ramp.repeat(2, axis=0))
        assert (face[0] == face[1]).all()
        middle = face[0, 32:64, 32:64, 0].astype(float)
        down, right = (np.diff(middle, axis=axis).mean() for axis in (0, 1))
        assert np.degrees(np.arctan2(right, down)) == pytest.approx(view.angle, abs=1)
        assert np.hypot(down, right) == pytest.approx(2, abs=0.05)
        assert middle.mean() == pytest.approx(ramp[0, 44:76, 44:76, 0].mean(), abs=1)
        angles.append(view.angle)
    assert -30 < min(angles) < -15 < 15 < max(angles) < 30
    grey = np.full((1, 120, 120, 3), 90, np.uint8)
    assert (view(grey) == 90).all()


def test_every_frame_of_a_sample_gets_the_same_augmentation(crops):
    for seed in range(10):
        view = FaceAugment(AugmentSettings(), 96, 0.125, rng(seed))
        faces = view(np.stack([crops[0], crops[0]]))
        assert (faces[0] == faces[1]).all()


def test_shift_and_scale_never_leave_the_padded_crop():
    # A white margin of one pixel around the crop would show at the faces' edges.
    ramp = np.tile(np.arange(120, dtype=np.uint8)[:, None, None], (1, 120, 3))
    for seed in range(40):
        faces = FaceAugment(AugmentSettings(shift=0.5, scale=0.2, colour=0), 96, 0.125, rng(seed))(
            ramp[None]
        )
        column = faces[0, :, 0, 0].astype(int)
        assert (np.diff(column) >= 0).all()
        assert len(set(column)) > 70


def test_colour_changes_stay_in_range(crops):
    settings = AugmentSettings(flip=0, shift=0, scale=0, colour=0.9)
    face = FaceAugment(settings, 96, 0.125, rng(3))(crops)
    assert face.dtype == np.uint8
    assert (face != crops[:, 12:108, 12:108]).mean() > 0.5
