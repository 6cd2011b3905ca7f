import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.mouth_patch import MouthPatch, inner_mouth

CORNERS = [78, 308]
HEIGHT = float(mean_face().vertices[CORNERS, 1].mean())


@pytest.mark.parametrize("pose", [{}, {"roll": 40}, {"yaw": 20}, {"pitch": -20, "roll": -10}])
def test_the_mouth_lies_in_the_same_place_of_every_head(pose):
    head = head_pose(**pose)
    points = MouthPatch.of_pose(head, HEIGHT).points(head.place(mean_face().vertices))
    # 96 px span 0.8 units; the corners are 0.243 to either side and 0.19 below the upper edge
    assert points[78] == pytest.approx((18.3, 22.3), abs=5)
    assert points[308] == pytest.approx((76.7, 22.3), abs=5)


def test_scaling_keeps_the_corners_of_the_patch():
    patch = MouthPatch.of_pose(head_pose(roll=20), HEIGHT)
    small, large = patch.scaled(1), patch.scaled(3)
    np.testing.assert_allclose(small, patch.to_frame)
    np.testing.assert_allclose(large @ (-0.5, -0.5, 1), small @ (-0.5, -0.5, 1), atol=1e-9)
    np.testing.assert_allclose(large @ (287.5, 215.5, 1), small @ (95.5, 71.5, 1), atol=1e-9)


def test_the_cut_shows_what_lies_there_and_moves_down():
    head = head_pose()
    patch = MouthPatch.of_pose(head, HEIGHT)
    rows, columns = patch.extent((400, 400), 0.5)
    image = np.zeros((400, 400, 3), np.uint8)
    x, y = head.place(mean_face().vertices)[14, :2]
    image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255
    part = image[rows, columns]
    expected = patch.points(head.place(mean_face().vertices))[14]
    for down in (0, 5):
        cut = patch.cut(part, 1, down, rows.start, columns.start)
        assert cut.shape == (72, 96, 3)
        spot = np.argwhere(cut[..., 0] > 100).mean(axis=0)
        assert spot == pytest.approx((expected[1] + down, expected[0]), abs=1)
    assert patch.cut(part, 2, 0, rows.start, columns.start).shape == (144, 192, 3)


def test_the_extent_stays_within_the_frame():
    patch = MouthPatch.of_pose(head_pose(), HEIGHT)
    rows, columns = patch.extent((100, 50))
    assert 0 <= rows.start < rows.stop <= 100
    assert 0 <= columns.start < columns.stop <= 50


def test_the_inside_of_an_open_and_a_closed_mouth():
    head = head_pose()
    patch, shape = MouthPatch.of_pose(head, HEIGHT), mean_face().vertices.copy()
    opened = patch.points(head.place(shape))
    area = inner_mouth(opened).sum()
    assert 300 < area < 450  # px²: about 58 wide and 7 high
    shape[[95, 88, 178, 87, 14, 317, 402, 318, 324]] = shape[
        [191, 80, 81, 82, 13, 312, 311, 310, 415]
    ]
    closed = patch.points(head.place(shape))
    assert inner_mouth(closed).sum() < 0.2 * area
    assert inner_mouth(closed, 8).sum() > 300  # a line of 8 px along the lips
