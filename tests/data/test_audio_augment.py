from dataclasses import replace

import numpy as np
import pytest

from wav2lip.data.audio_augment import AudioAugment, band_centres, stretch_mel, warp_frequencies
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.media.mel import mel_filters


def rng(seed=0):
    return np.random.default_rng(seed)


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
