from dataclasses import replace

import numpy as np
import pytest

from wav2lip.data.augment import (
    NO_AUGMENT,
    AudioAugment,
    AugmentSettings,
    FaceAugment,
    band_centres,
    sample_tempo,
    stretch_mel,
    warp_frequencies,
)
from wav2lip.media.mel import mel_filters


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


def test_a_gain_of_ten_decibels_is_eight_tenths_and_leaves_silence_silent():
    mel = np.full((80, 16), -1, np.float32)
    mel[:, :4] = -4
    view = AudioAugment(NO_AUGMENT, rng())
    assert (view(mel) == mel).all()
    view.shift = 0.08 * 10
    assert view(mel)[:, 4:] == pytest.approx(-0.2)
    assert (view(mel)[:, :4] == -4).all()


def test_noise_fills_silence_and_a_mask_makes_it():
    silent = np.full((80, 16), -4, np.float32)
    noisy = AudioAugment(AugmentSettings(gain=0, noise=1), rng())(silent)
    assert -4 < noisy.mean() < -0.5
    loud = np.full((80, 16), 3, np.float32)
    masked = AudioAugment(AugmentSettings(gain=0, noise=0, freq_mask=1), rng())(loud)
    bands = (masked == -4).all(1).sum()
    assert 1 <= bands <= 10
    assert ((masked == -4).any(1) == (masked == -4).all(1)).all()


def test_noise_has_one_level_and_its_own_values_in_every_window():
    silent = np.full((50, 80, 16), -4, np.float32)
    view = AudioAugment(AugmentSettings(gain=0, noise=1), rng(4))
    noisy = view(silent)
    assert noisy.mean() == pytest.approx(view.noise, abs=0.01)
    assert noisy.std() == pytest.approx(0.25, abs=0.01)
    assert (noisy[0] != noisy[1]).mean() > 0.9


def test_sound_stays_within_the_mel_range():
    mel = rng(2).uniform(-4, 4, (80, 16)).astype(np.float32)
    for seed in range(20):
        out = AudioAugment(AugmentSettings(gain=40, noise=1, freq_mask=1), rng(seed))(mel)
        assert out.dtype == np.float32
        assert out.min() >= -4
        assert out.max() <= 4


def test_a_stretched_mel_reads_between_its_columns():
    mel = np.repeat(np.arange(20, dtype=np.float32)[None], 80, axis=0)
    assert stretch_mel(mel, 16, 1.0)[0].tolist() == list(range(16))
    assert stretch_mel(mel, 16, 1.25)[7] == pytest.approx(1.25 * np.arange(16))
    slow = stretch_mel(mel, 16, 0.8)
    assert slow.shape == (80, 16)
    assert slow.dtype == np.float32
    assert slow[0, [0, 15]] == pytest.approx([0, 12])


def test_the_tempo_is_slower_as_often_as_faster():
    drawn = np.array([sample_tempo(AugmentSettings(tempo=0.1), rng(seed)) for seed in range(400)])
    assert 1 / 1.1 <= drawn.min() < 0.92
    assert 1.08 < drawn.max() <= 1.1
    assert 0.4 < (drawn > 1).mean() < 0.6
    assert sample_tempo(NO_AUGMENT, rng()) == 1.0


def test_band_centres_are_those_of_the_mel_filters():
    centres = band_centres()
    assert centres.shape == (80,)
    assert centres[[0, 39, 79]] == pytest.approx([90.9, 1662.4, 7323.4], abs=0.1)
    peaks = mel_filters()[0].argmax(axis=1) * 20  # Hz; the bins of the transform are 20 Hz apart
    assert np.abs(peaks - centres).max() <= 10


@pytest.mark.parametrize(("factor", "expected"), [(1.0, 1005), (1.1, 1100), (1 / 1.1, 905)])
def test_formants_move_by_the_factor(factor, expected):
    centres = band_centres()
    mel = (2 - 6 * np.abs(np.log(centres / 1005))).astype(np.float32)[:, None].repeat(3, axis=1)
    warped = warp_frequencies(mel, factor)
    assert warped.shape == (80, 3)
    assert centres[warped[:, 1].argmax()] == pytest.approx(expected, abs=20)


def test_the_voice_changes_alike_in_all_windows_and_silence_stays():
    settings = replace(NO_AUGMENT, vocal_tract=0.1)
    mel = rng(3).uniform(-3, 3, (1, 80, 16)).astype(np.float32).repeat(2, axis=0)
    factors = []
    for seed in range(30):
        view = AudioAugment(settings, rng(seed))
        out = view(mel)
        assert (out[0] == out[1]).all()
        np.testing.assert_array_equal(out, warp_frequencies(mel, view.warp))
        assert (view(np.full((80, 16), -4, np.float32)) == -4).all()
        factors.append(view.warp)
    assert 1 / 1.1 <= min(factors) < 0.93 < 1.07 < max(factors) <= 1.1


def test_a_narrow_channel_silences_what_is_outside_of_it():
    settings = replace(NO_AUGMENT, band_limit=1)
    passed = []
    for seed in range(20):
        out = AudioAugment(settings, rng(seed))(np.ones((80, 16), np.float32))
        kept = (out == 1).all(axis=1)
        assert (out[~kept] == -4).all()
        passed.append(band_centres()[kept][[0, -1]])
    low, high = np.transpose(passed)
    assert 88 <= low.min() < 150 < 330 < low.max() < 450
    assert 2_900 < high.min() < 3_700 < 6_200 < high.max() < 7_000
