import cv2
import numpy as np
import pytest

from wav2lip.media.colour import BT709, Colours
from wav2lip.media.frame import Frame
from wav2lip.media.orientation import QUARTERS
from wav2lip.media.picture import Picture
from wav2lip.media.video import read_frames, read_image

BGR = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def same(one: Picture, other: Picture) -> bool:
    planes = [(one.luma, other.luma), (one.blue, other.blue), (one.red, other.red)]
    return one.colours == other.colours and all(np.array_equal(a, b) for a, b in planes)


def test_a_frame_of_an_image_returns_it_and_converts_to_planes():
    colours = Colours(range=2, space=6)
    frame = Frame(BGR, 0.5, 3, colours)
    assert frame.image is BGR
    assert frame.luma_or_bgr is BGR
    assert same(frame.picture, Picture.of(BGR, colours))


def test_a_frame_of_planes_returns_them_and_converts_to_bgr():
    picture = Picture.of(BGR, BT709)
    frame = Frame(picture, 0.5, 3)
    assert frame.picture is picture
    assert frame.luma_or_bgr is picture.luma
    np.testing.assert_array_equal(frame.image, picture.bgr())


@pytest.mark.parametrize("size", [(96, 64), (97, 63)])
def test_frames_of_a_420_video_are_its_planes(make, ticks, size):
    path = make.video("c.mkv", ticks(4, 25), size=size, codec="ffv1")
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    for frame in frames:
        assert isinstance(frame.source, Picture)
        assert frame.picture.size == size[::-1]
        np.testing.assert_array_equal(frame.image, frame.picture.bgr())


def test_frames_of_other_formats_are_bgr(make, ticks):
    path = make.video("d.mkv", ticks(2, 25), codec="ffv1", pix_fmt="yuv444p10le")
    frame = next(read_frames(path))
    assert frame.image is frame.source
    assert same(frame.picture, Picture.of(frame.image, frame.colours))


@pytest.mark.parametrize(("size", "kind"), [((96, 64), Picture), ((97, 63), np.ndarray)])
def test_a_turned_frame_shows_the_turned_pixels(make, ticks, size, kind):
    path = make.video("up.mp4", ticks(2, 25), size=size, codec="mjpeg", pix_fmt="yuvj420p")
    upright, turned = next(read_frames(path)), next(read_frames(make.turned(path, "turned.mp4")))
    assert isinstance(turned.source, kind)
    expected = cv2.rotate(upright.image, cv2.ROTATE_90_CLOCKWISE)
    np.testing.assert_array_equal(turned.image, expected)
    assert same(turned.picture, upright.picture.turned(QUARTERS[3]))


def test_a_still_is_its_image(make):
    path = make.image("face.png", make.picture(1))
    (frame,) = read_frames(path)
    np.testing.assert_array_equal(frame.image, read_image(path))
    assert same(frame.picture, Picture.of(frame.image, BT709))
