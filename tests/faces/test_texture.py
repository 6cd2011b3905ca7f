import cv2
import numpy as np
import pytest

from wav2lip.faces.texture import add_grain, crispness, fine_texture

NOTHING = np.zeros((72, 96), np.float32)


def _noisy(deviation, size=(144, 192)):
    noise = np.random.default_rng(1).normal(0, deviation, size)
    grey = np.clip(np.rint(128 + noise), 0, 255).astype(np.uint8)
    return cv2.merge([grey] * 3)


@pytest.mark.parametrize("deviation", [2, 4, 6])
def test_white_noise_is_measured(deviation):
    assert fine_texture(_noisy(deviation), NOTHING) == pytest.approx(0.85 * deviation, rel=0.1)


def test_an_edge_is_no_texture():
    image = np.full((72, 96, 3), 60, np.uint8)
    image[:, 48:] = 200
    assert fine_texture(image, NOTHING) == pytest.approx(0, abs=1e-3)


def test_what_is_ignored_does_not_count():
    image = _noisy(5)
    image[:72] = 128
    upper = NOTHING.copy()
    upper[:37] = 1
    assert fine_texture(image, upper) > 3.5
    assert fine_texture(image, 1 - upper) < 0.5
    assert fine_texture(image, NOTHING + 1) == 0


def test_a_soft_picture_is_not_sharpened_and_a_sharp_one_is():
    assert [crispness(t) for t in (0, 0.8, 1.4, 2, 9)] == pytest.approx([0, 0, 0.5, 1, 1])


def test_a_soft_picture_gets_no_grain():
    drawn = np.full((10, 12, 3), 0.5, np.float32)
    assert add_grain(drawn, 0.7, (72, 96), 0, 0) is drawn


@pytest.mark.parametrize(("texture", "expected"), [(2.8, 2), (9, 4)])
def test_drawn_skin_gets_the_texture_of_its_picture(texture, expected):
    drawn = np.full((72, 96, 3), 0.6, np.float32)
    grained = np.clip(np.rint(255 * add_grain(drawn, texture, (72, 96), 0, 0)), 0, 255)
    assert fine_texture(grained.astype(np.uint8), NOTHING) == pytest.approx(expected, rel=0.15)


def test_the_dark_has_less_grain():
    dark, light = (
        add_grain(np.full((72, 96, 3), value, np.float32), 4.0, (72, 96), 0, 0).std()
        for value in (0.02, 0.7)
    )
    assert dark == pytest.approx(light * np.sqrt(0.1), rel=0.01)


def test_grain_stays_in_its_place():
    drawn = np.full((72, 96, 3), 0.5, np.float32)
    whole = add_grain(drawn, 3.0, (72, 96), 0, 0)
    part = add_grain(drawn[20:40, 30:60], 3.0, (72, 96), 20, 30)
    np.testing.assert_array_equal(part, whole[20:40, 30:60])
