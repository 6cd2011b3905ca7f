import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mouth_view import MouthView, jaw_height
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_LOWER, INNER_UPPER

HEIGHT = 0.76
POSE = head_pose()


def face(opened=0.0):
    """Landmarks of a mouth that is open by so much, in units of the eyes' distance."""
    shape = mean_face().vertices.copy()
    shape[list(INNER_LOWER), 1:] = shape[list(INNER_UPPER), 1:]  # closed
    shape[[*INNER_LOWER[1:-1], 17, 152], 1] += opened
    return Landmarks(POSE.place(shape))


def picture(landmarks, teeth):
    """Grey skin with an inside of the mouth of one luma."""
    image = np.full((400, 400, 3), 120, np.uint8)
    lips = landmarks.points[[78, 308, 13, 14], :2]
    (left, _), (right, _), (_, top), (_, bottom) = lips.astype(int)
    image[top:bottom, left:right] = teeth
    return image


def test_planes_and_images_give_the_same_view():
    landmarks = face(0.1)
    image = picture(landmarks, 200)
    of_image = MouthView.of(image, landmarks, HEIGHT)
    of_planes = MouthView.of(Picture.of(image, BT709), landmarks, HEIGHT)
    assert of_planes.image.shape == of_image.image.shape
    assert of_image.image.size < image.size / 3
    first, second = of_image.cut()[0].astype(int), of_planes.cut()[0].astype(int)
    assert np.abs(first - second).mean() < 3


def test_a_view_that_moves_down_takes_its_opening_along():
    view = MouthView.of(picture(face(0.1), 200), face(0.1), HEIGHT)
    (_, still), (_, moved) = view.cut(), view.cut(1, 6.0)
    assert still.shape == (72, 96)
    np.testing.assert_allclose(moved[6:], still[:-6], atol=1 / 255)


def test_the_jaw_is_measured_in_pixels_of_the_patch():
    closed, opened = (jaw_height(POSE.face_on(f.points)) for f in (face(), face(0.1)))
    assert opened - closed == pytest.approx(0.1 * 72 / 0.6, abs=1e-3)


@pytest.mark.parametrize(
    ("opened", "teeth", "low", "high"),
    [(0.1, 220, 60, 160), (0.1, 20, -60, 0), (0.0, 220, -15, 15)],
)
def test_bright_teeth_count(opened, teeth, low, high):
    landmarks = face(opened)
    assert low < MouthView.of(picture(landmarks, teeth), landmarks, HEIGHT).teeth < high
