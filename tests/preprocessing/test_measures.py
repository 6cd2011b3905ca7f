import cv2
import numpy as np
import pytest

from wav2lip.preprocessing.measures import loudness, lower_half_sharpness


def test_a_full_scale_sine_is_at_minus_three_decibels_and_silence_at_minus_hundred():
    sine = np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000).astype(np.float32)
    assert loudness(sine) == pytest.approx(-3.01, abs=0.01)
    assert loudness(np.zeros(100, np.float32)) == pytest.approx(-100)
    assert loudness(np.zeros(0, np.float32)) == pytest.approx(-100)


def test_blur_lowers_the_sharpness_of_the_lower_half_alone():
    noise = np.random.default_rng(0).integers(0, 255, (120, 120, 3)).astype(np.uint8)
    upper, lower = noise.copy(), noise.copy()
    upper[:56] = cv2.GaussianBlur(upper[:56], (0, 0), 3)
    lower[60:] = cv2.GaussianBlur(lower[60:], (0, 0), 3)
    sharp = lower_half_sharpness(noise)
    assert lower_half_sharpness(upper) == pytest.approx(sharp, rel=0.02)
    assert lower_half_sharpness(lower) < 0.1 * sharp
