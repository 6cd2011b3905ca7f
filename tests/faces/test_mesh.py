from pathlib import Path

import cv2
import numpy as np
import pytest

from wav2lip.faces.mesh import Region
from wav2lip.media.video import read_image

ROOT = Path(__file__).resolve().parents[2]
HEAD = Region(225.0, 121.0, 162.0, 0.05)  # the face of the sample portrait


@pytest.fixture(scope="module")
def portrait():
    return read_image(ROOT / "data" / "astronaut.jpg")


def test_known_output(portrait, mesh):
    golden = np.load(ROOT / "tests" / "golden" / "face_mesh.npz")
    points, presence = mesh(portrait, HEAD)
    assert presence == pytest.approx(1, abs=1e-3)
    assert np.abs(points - golden["points"]).max() < 0.02  # px


def test_nothing_is_no_face(mesh):
    points, presence = mesh(np.full((300, 300, 3), 90, np.uint8), HEAD)
    assert presence < 0.01
    assert points.shape == (468, 3)


def test_points_follow_the_image(portrait, mesh):
    points, _ = mesh(portrait, HEAD)
    twice = cv2.resize(portrait, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    large, _ = mesh(twice, Region(450, 242, 324, 0.05))
    assert np.abs(large / 2 - points).max() < 1.5
    turned = cv2.rotate(portrait, cv2.ROTATE_90_CLOCKWISE)
    quarter, _ = mesh(turned, Region(512 - 121, 225, 162, 0.05 + np.pi / 2))
    back = np.stack([quarter[:, 1], 512 - quarter[:, 0], quarter[:, 2]], axis=1)
    assert np.abs(back - points).max() < 0.5


def test_a_region_maps_its_crop_into_the_frame():
    region = Region(100.0, 50.0, 40.0, np.pi / 2)
    middle = region.to_frame(21) @ [10, 10, 1]
    assert middle.tolist() == pytest.approx([99.5, 49.5])  # pixel (99, 49) ends at 100, 50
    right = region.to_frame(21) @ [20, 10, 1]
    assert right.tolist() == pytest.approx([99.5, 49.5 + 10 * 40 / 21])  # a quarter turn


def test_regions_of_boxes_and_points(portrait, mesh):
    points, _ = mesh(portrait, HEAD)
    near = Region.of_points(points)
    assert (near.x, near.y, near.side, near.roll) == pytest.approx((225, 121, 162, 0.05), abs=3)
    rough = Region.of_box(np.array([180, 55, 271, 180], np.float32))
    assert (rough.x, rough.y) == pytest.approx((near.x, near.y), abs=4)
    assert rough.side == pytest.approx(near.side, rel=0.08)
    eyes = Region.of_eyes(np.float32([10, 10, 30, 40]), np.float32([0, 0]), np.float32([3, 3]))
    assert (eyes.x, eyes.y, eyes.side, eyes.roll) == pytest.approx((20, 25, 45, np.pi / 4))
