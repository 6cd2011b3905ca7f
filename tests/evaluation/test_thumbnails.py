import cv2
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.evaluation.thumbnails import strip
from wav2lip.media.image_writer import write_image
from wav2lip.media.video import VideoWriter


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_frames_at_even_times_stand_side_by_side(tmp_path):
    path = tmp_path / "grey.mp4"
    with VideoWriter(path, 160, 80, 25) as writer:
        for number in range(30):
            writer.write(np.full((80, 160, 3), 8 * number, np.uint8), number / 25)
    image = decoded(strip(path, frames=3, height=40))
    assert image.shape == (40, 240, 3)
    greys = image[20, [40, 120, 200], 0].astype(int)  # frames 0, 10 and 20
    assert np.abs(greys - [0, 80, 160]).max() <= 4


def test_a_still_is_one_picture(tmp_path):
    write_image(tmp_path / "a.png", np.zeros((50, 100, 3), np.uint8))
    assert decoded(strip(tmp_path / "a.png", height=20)).shape == (20, 40, 3)


def test_what_is_no_video_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"gone\.mp4"):
        strip(tmp_path / "gone.mp4")
