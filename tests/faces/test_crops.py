from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.crops import Crop, cut_face
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture

CROP = Crop.of_box([180.3, 57.6, 271.2, 184.9])  # px; the astronaut's face


def ramp(h=120, w=200):
    """Blue grows by 1 a column, green by 1 a row."""
    image = np.zeros((h, w, 3), np.uint8)
    image[..., 0] = np.arange(w)
    image[..., 1] = np.arange(h)[:, None]
    return image


def test_crop_at_its_own_size_is_the_source():
    image = np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)
    crop = cut_face(image, Crop.of_box([40, 10, 136, 106]))
    assert crop.shape == (96, 96, 3)
    assert (crop == image[10:106, 40:136]).all()


@pytest.mark.parametrize("side", [30, 60, 97, 110])
def test_crop_keeps_places_at_any_scale(side):
    crop = cut_face(ramp(), Crop.of_box([20, 5, 20 + side, 5 + side])).astype(float)
    # The middle of output pixel u lies at 20 + (u + .5) * side / 96, whose pixel value is .5 less.
    expected = 20 + (np.arange(96) + 0.5) * side / 96 - 0.5
    assert np.abs(crop[48, :, 0] - expected).max() < 1.0
    assert np.abs(crop[:, 48, 1] - (expected - 15)).max() < 1.0


def test_crop_follows_a_fraction_of_a_pixel():
    image = ramp()
    at = [cut_face(image * 2, Crop.of_box([9 + d, 9, 105 + d, 105])) for d in (0, 0.5)]
    assert at[1][50, 40, 0] - at[0][50, 40, 0] == 1


def test_crop_repeats_the_border_outside_the_frame():
    crop = cut_face(ramp(), Crop.of_box([-48, -48, 48, 48]))
    assert (crop[:48, :48, :2] == 0).all()
    assert crop[60, 60].tolist() == [12, 12, 0]


def test_shrinking_averages():
    checks = np.indices((384, 384)).sum(0) % 2 * 255
    image = np.repeat(checks[..., None], 3, 2).astype(np.uint8)
    crop = cut_face(image, Crop.of_box([0, 0, 384, 384]))
    assert np.abs(crop.astype(int) - 127).max() <= 1


def test_a_crop_of_a_coded_picture_is_that_of_its_image():
    astronaut = data.astronaut()[..., ::-1].copy()
    picture = Picture.of(astronaut, BT709)
    astronaut = picture.bgr()
    for move in ((0, 0), (-200, 300), (300.5, 340.25), (-400, 0)):
        for roll in (0.0, 25.0):
            crop = replace(CROP, x=CROP.x + move[0], y=CROP.y + move[1], roll=roll)
            assert (cut_face(picture, crop) == cut_face(astronaut, crop)).all()


def test_a_turned_crop_is_level_in_the_cut_face():
    astronaut = cv2.GaussianBlur(data.astronaut()[..., ::-1], (0, 0), 2)
    turn = cv2.getRotationMatrix2D((CROP.x - 0.5, CROP.y - 0.5), -30, 1)  # clockwise as seen
    turned = cv2.warpAffine(astronaut, turn, (512, 512))
    level, back = cut_face(astronaut, CROP), cut_face(turned, replace(CROP, roll=30))
    assert np.abs(level.astype(int) - back)[16:80, 16:80].max() <= 4


def test_the_bounds_of_a_turned_crop():
    assert Crop(100, 50, 40, 20, 90).bounds.tolist() == [90, 30, 110, 70]
    assert Crop(100, 50, 40, 20, 90).box.tolist() == [80, 40, 120, 60]
    lower = Crop(100, 50, 40, 20, 90).band(10, 20)
    assert (lower.x, lower.height) == (95, 10)
    assert abs(lower.y - 50) < 1e-9


def test_from_frame_inverts_to_frame():
    crop = Crop(100.5, 50.25, 40, 30, 25)
    there, back = crop.to_frame(96, 48), crop.from_frame(96, 48, 7, 5)
    point = there @ [10, 20, 1]
    assert np.abs(back @ [*(point - [7, 5]), 1] - [10, 20]).max() < 1e-5


def test_widened_keeps_centre_and_roll():
    assert Crop(10, 20, 40, 80, 5).widened(0.125) == Crop(10, 20, 50, 100, 5)


def test_points_in_the_axes_of_a_crop():
    crop = Crop(100, 50, 40, 20, 90)
    points = np.float32([[100, 50, 0], [110, 30, 8], [90, 70, -4]])
    shares = crop.to_crop(points)
    assert np.abs(shares - [[0.5, 0.5, 0], [0, 0, 0.2], [1, 1, -0.1]]).max() < 1e-5
