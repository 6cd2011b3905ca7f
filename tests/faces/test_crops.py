import numpy as np
import pytest
from skimage import data

from wav2lip.faces.crops import crop_coded, crop_face
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture

BOX = np.array([180.3, 57.6, 271.2, 184.9], np.float32)  # px; the astronaut's face


def ramp(h=120, w=200):
    """Blue grows by 1 a column, green by 1 a row."""
    image = np.zeros((h, w, 3), np.uint8)
    image[..., 0] = np.arange(w)
    image[..., 1] = np.arange(h)[:, None]
    return image


def test_crop_at_its_own_size_is_the_source():
    image = np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)
    crop = crop_face(image, np.array([40, 10, 136, 106], np.float32))
    assert crop.shape == (96, 96, 3)
    assert (crop == image[10:106, 40:136]).all()


@pytest.mark.parametrize("side", [30, 60, 97, 110])
def test_crop_keeps_places_at_any_scale(side):
    crop = crop_face(ramp(), np.array([20, 5, 20 + side, 5 + side], np.float32)).astype(float)
    # The middle of output pixel u lies at 20 + (u + .5) * side / 96, whose pixel value is .5 less.
    expected = 20 + (np.arange(96) + 0.5) * side / 96 - 0.5
    assert np.abs(crop[48, :, 0] - expected).max() < 1.0
    assert np.abs(crop[:, 48, 1] - (expected - 15)).max() < 1.0


def test_crop_follows_a_fraction_of_a_pixel():
    image = ramp()
    at = [crop_face(image * 2, np.array([9 + d, 9, 105 + d, 105], np.float32)) for d in (0, 0.5)]
    assert at[1][50, 40, 0] - at[0][50, 40, 0] == 1


def test_crop_repeats_the_border_outside_the_frame():
    crop = crop_face(ramp(), np.array([-48, -48, 48, 48], np.float32))
    assert (crop[:48, :48, :2] == 0).all()
    assert crop[60, 60].tolist() == [12, 12, 0]


def test_shrinking_averages():
    checks = np.indices((384, 384)).sum(0) % 2 * 255
    image = np.repeat(checks[..., None], 3, 2).astype(np.uint8)
    crop = crop_face(image, np.array([0, 0, 384, 384], np.float32))
    assert np.abs(crop.astype(int) - 127).max() <= 1


def test_a_crop_of_a_coded_picture_is_that_of_its_image():
    astronaut = data.astronaut()[..., ::-1].copy()
    picture = Picture.of(astronaut, BT709)
    astronaut = picture.bgr()
    for move in ((0, 0), (-200, 300), (300.5, 340.25), (-400, 0)):
        box = BOX + np.tile(move, 2).astype(np.float32)
        assert (crop_coded(picture, box) == crop_face(astronaut, box)).all()
