import cv2
import numpy as np
import pytest

from wav2lip.media.colour import BT709, Colours, colours_of
from wav2lip.media.converter import Converter
from wav2lip.media.frame import Frame
from wav2lip.media.orientation import QUARTERS
from wav2lip.media.picture import Picture

TAGS = [Colours(), BT709, Colours(2, 1, 1, 1), Colours(1, 5, 5, 6), Colours(1, 9, 9, 14)]


def smooth(width=192, height=128):
    noise = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return np.clip(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR), 0, 255)


def shown(frame):
    return Frame(Converter().convert(frame), 0.0, 0).image


@pytest.mark.parametrize("tags", TAGS)
def test_colours_come_back(tags):
    image = smooth()
    frame = Picture.of(image, tags).coded()
    assert colours_of(frame) == tags
    error = shown(frame).astype(int) - image
    assert np.abs(error).mean() < 1.5
    assert np.abs(error.mean(axis=(0, 1))).max() < 0.3


@pytest.mark.parametrize("size", [(192, 128), (191, 127), (192, 127), (191, 128)])
def test_a_part_is_what_the_whole_shows_there(size):
    picture = Picture.of(smooth(*size), BT709)
    assert (picture.luma.shape, picture.blue.shape) == (size[::-1], (64, 96))
    whole = picture.bgr()
    assert whole.shape == (size[1], size[0], 3)
    for rows, columns in ((slice(3, 20), slice(8, 31)), (slice(100, 127), slice(150, 191))):
        np.testing.assert_array_equal(picture.bgr(rows, columns), whole[rows, columns])


def test_an_odd_side_gains_a_line_in_the_file():
    picture = Picture.of(smooth(191, 127), BT709)
    frame = picture.coded()
    assert (frame.width, frame.height) == (192, 128)
    image = shown(frame)
    np.testing.assert_array_equal(image[:127, :191], picture.bgr())
    np.testing.assert_array_equal(image[127], image[126])


def test_a_part_is_laid_where_it_should_and_nowhere_else():
    picture = Picture.of(np.full((40, 60, 3), 100, np.uint8), BT709)
    mask = np.zeros((20, 30), np.float32)
    mask[3:17, 5:24] = 1
    changed = picture.with_part(np.full((20, 30, 3), [130, 110, 80], np.uint8), mask, 10, 20)
    shown = changed.bgr()
    assert np.abs(shown[14:26, 26:43].astype(int) - [130, 110, 80]).max() <= 2
    outside = np.ones((40, 60), bool)
    outside[13:27, 25:44] = False
    assert (shown[outside] == picture.bgr()[outside]).all()
    assert (changed.luma[13:27, 25:44] != picture.luma[13:27, 25:44]).all()
    assert (picture.luma == Picture.of(np.full((40, 60, 3), 100, np.uint8), BT709).luma).all()


def test_half_a_mask_is_half_the_way():
    picture = Picture.of(np.full((8, 8, 3), 40, np.uint8), BT709)
    half = np.full((8, 8), 0.5, np.float32)
    mixed = picture.with_part(np.full((8, 8, 3), [240, 140, 80], np.float32), half, 0, 0)
    assert np.abs(mixed.bgr().astype(int) - [140, 90, 60]).max() <= 2


def test_a_picture_s_own_image_changes_nothing():
    picture = Picture.of(smooth(), BT709)
    same = picture.with_part(picture.bgr(), np.ones((128, 192), np.float32), 0, 0)
    assert np.abs(same.luma.astype(int) - picture.luma).max() <= 1
    assert np.abs(same.bgr().astype(int) - picture.bgr()).mean() < 0.5


@pytest.mark.parametrize("size", [(192, 128), (191, 127)])
def test_turned(size):
    picture = Picture.of(smooth(*size), BT709)
    turned = picture.turned(QUARTERS[3])
    assert turned.size == size
    error = turned.bgr().astype(int) - cv2.rotate(picture.bgr(), cv2.ROTATE_90_CLOCKWISE)
    assert np.abs(error).max() <= (0 if size[0] % 2 == 0 else 30)
    assert np.abs(error).mean() < 1.5


@pytest.mark.parametrize("shrink", [2, 4, 6])
def test_averaging_before_the_conversion_is_averaging(shrink):
    image = smooth(211, 205)
    picture = Picture.of(image, BT709)
    rows, columns = slice(10, 161), slice(20, 185)
    small = picture.bgr(rows, columns, shrink)
    height, width = 151 // shrink, 165 // shrink
    assert small.shape == (height, width, 3)
    whole = picture.bgr(rows, columns)[: height * shrink, : width * shrink]
    wanted = whole.reshape(height, shrink, width, shrink, 3).mean(axis=(1, 3))
    assert np.abs(small - wanted).max() <= 3  # codes out of range are clipped before or after


def test_every_coded_frame_is_the_caller_s_own():
    picture = Picture.of(np.full((16, 16, 3), 60, np.uint8), BT709)
    changed = picture.with_part(
        np.full((8, 8, 3), 200, np.uint8), np.ones((8, 8), np.float32), 4, 4
    )
    first, second = changed.coded(), changed.coded()
    first.pts, second.pts = 1, 2
    assert (first.pts, second.pts) == (1, 2)
    assert (first.to_ndarray() == second.to_ndarray()).all()
    assert picture.luma.max() == picture.luma.min()
    assert changed.luma.max() > changed.luma.min()
