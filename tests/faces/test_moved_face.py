import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mouth_overlay import MouthOverlay
from wav2lip.faces.moved_face import MovedFace, patch_scale
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_LOWER

POSE, HEIGHT = head_pose(), 0.76


@pytest.fixture
def picture():
    rng = np.random.default_rng(0)
    return Picture.of(rng.integers(0, 256, (400, 400, 3), np.uint8), BT709)


def face(opened=0.0):
    shape = mean_face().vertices.copy()
    shape[[*INNER_LOWER[1:-1], 17, 152], 1] += opened
    return Landmarks(POSE.place(shape))


def full(moved, level):
    """An overlay that covers the region with a grey level."""
    opacity = moved.layers.shape[1]
    image = np.dstack([np.repeat(opacity[..., None] * level, 3, 2), opacity]).astype(np.float32)
    return MouthOverlay(image, 0, 0, 1)


def test_the_scale_follows_the_face():
    scales = []
    for size in (50, 110, 250, 2000):
        points = mean_face().vertices * size
        scales.append(patch_scale(Landmarks(points.astype(np.float32))))
    assert scales == [1, 1, 2, 6]


def test_a_face_that_does_not_move_keeps_its_codes(picture):
    still = MovedFace.of(picture, face(), face().points, HEIGHT)
    pasted = still.paste(picture, MouthOverlay(np.zeros((72, 96, 4), np.float32), 0, 0, 1))
    for plane in ("luma", "blue", "red"):
        np.testing.assert_array_equal(getattr(pasted, plane), getattr(picture, plane))


def test_the_mouth_is_covered_and_the_rest_moves(picture):
    moved = MovedFace.of(picture, face(), face(0.1).points, HEIGHT)
    pasted = moved.paste(picture, full(moved, 128.0)).bgr().astype(int)
    x, y = face(0.1).points[[13, 14], :2].mean(axis=0).astype(int)
    assert np.abs(pasted[y, x] - 128).max() <= 3
    changed = np.abs(pasted - picture.bgr()).max(axis=2) > 3
    assert changed[y - 3 : y + 3, x - 3 : x + 3].all()
    rows, columns = np.nonzero(changed)
    assert rows.min() > 200
    assert rows.max() < 400
    assert columns.min() > 120
    assert columns.max() < 360


def test_a_mouth_is_filled_in_a_face_that_does_not_move(picture):
    open_mouth = face(0.1)
    still = MovedFace.of(picture, open_mouth, open_mouth.points, HEIGHT)
    pasted = still.paste(picture, full(still, 128.0)).bgr().astype(int)
    x, y = open_mouth.points[[13, 14], :2].mean(axis=0).astype(int)
    assert np.abs(pasted[y - 3 : y + 3, x - 3 : x + 3] - 128).max() <= 3


def test_what_covers_the_face_stays(picture):
    moved = MovedFace.of(picture, face(), face(0.1).points, HEIGHT)
    lips = face().points[[13, 14, 82, 87, 312, 317], :2]
    mask = FaceMask(unit=POSE.scale, hidden=lips)
    pasted = moved.paste(picture, full(moved, 128.0), mask).bgr().astype(int)
    x, y = lips.mean(axis=0).astype(int)
    assert np.abs(pasted - picture.bgr())[y - 3 : y + 3, x - 3 : x + 3].max() <= 4
