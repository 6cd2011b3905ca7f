import numpy as np

from wav2lip.evaluation.views import FaceView, FrameView, TrackView
from wav2lip.faces.crops import Crop


def picture():
    """Rows tell their number in blue, columns in green."""
    image = np.zeros((200, 240, 3), np.uint8)
    image[..., 0] = np.arange(200)[:, None]
    image[..., 1] = np.arange(240)[None]
    return image


def test_the_face_crop_is_the_face():
    crop = FaceView(96)(picture(), Crop.of_box([20, 40, 116, 136]))
    assert crop.shape == (96, 96, 3)
    assert (crop[0, 0, 0], crop[-1, -1, 0]) == (40, 135)
    assert (crop[0, 0, 1], crop[-1, -1, 1]) == (20, 115)


def test_the_whole_picture_ignores_the_box():
    crop = FrameView()(picture(), Crop.of_box([np.nan] * 4))
    assert crop.shape == (224, 224, 3)
    assert abs(int(crop[112, 112, 0]) - 100) <= 1


def test_the_track_crop_is_the_published_one():
    # Box 60 wide, 80 high about (120, 100): s = 40, rows 60…172, columns 64…176.
    crop = TrackView()(picture(), Crop.of_box([90, 60, 150, 140]))
    assert crop.shape == (224, 224, 3)
    assert (crop[0, 0, 0], crop[-1, -1, 0]) == (60, 171)
    assert (crop[0, 0, 1], crop[-1, -1, 1]) == (64, 175)


def test_beyond_the_frame_the_track_crop_is_grey():
    crop = TrackView()(picture(), Crop.of_box([-10, 100, 70, 180]))
    assert crop.shape == (224, 224, 3)
    assert (crop[-1, :] == 110).all()  # the square reaches to row 212
    assert (crop[:, 0] == 110).all()
    outside = TrackView()(picture(), Crop.of_box([400, 400, 480, 480]))
    assert (outside == 110).all()
