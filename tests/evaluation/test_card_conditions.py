import numpy as np
import pytest

from wav2lip.evaluation.card_conditions import (
    CONDITIONS,
    SHIFTS,
    UNCHANGED,
    add_noise,
    conditioned_faces,
)


@pytest.fixture(scope="module")
def crops():
    """Three padded crops of 120 px: a ramp to the right with fine noise."""
    ramp = np.linspace(20, 220, 120)[None, None, :, None]
    noise = np.random.default_rng(0).normal(0, 10, (3, 120, 120, 3))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


def test_the_unchanged_face_is_the_crop_without_its_margin(crops):
    assert (conditioned_faces(crops, 0.125, 96, UNCHANGED) == crops[:, 12:108, 12:108]).all()


def test_a_shift_moves_the_cut_by_five_of_96_pixels(crops):
    right = conditioned_faces(crops, 0.125, 96, SHIFTS["right"])
    assert (right == crops[:, 12:108, 17:113]).all()
    up = conditioned_faces(crops, 0.125, 96, SHIFTS["up"])
    assert (up == crops[:, 7:103, 12:108]).all()


def test_compression_and_low_resolution_remove_what_is_fine(crops):
    plain = conditioned_faces(crops, 0.125, 96, UNCHANGED).astype(float)
    for name in list(CONDITIONS)[:2]:
        changed = conditioned_faces(crops, 0.125, 96, CONDITIONS[name]).astype(float)
        assert changed.shape == plain.shape
        assert np.diff(changed, axis=2).std() < 0.6 * np.diff(plain, axis=2).std()
        assert abs(changed.mean() - plain.mean()) < 6


def test_noise_is_ten_decibels_below_the_sound():
    tone = (8000 * np.sin(np.arange(16_000) / 5)).astype(np.int16)
    noise = add_noise(tone, 10.0).astype(float) - tone
    power = 10 * np.log10((tone.astype(float) ** 2).mean() / (noise**2).mean())
    assert power == pytest.approx(10, abs=0.2)
    assert not add_noise(np.zeros(100, np.int16), 10.0).any()
