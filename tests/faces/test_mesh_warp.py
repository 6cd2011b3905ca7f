from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.mesh_warp import mesh_warp
from wav2lip.regions import INNER_LIPS, INNER_LOWER, INNER_UPPER

SIZE = (300, 300)


@pytest.fixture
def points():
    """The mean face, 100 px between the eyes, at (150, 100)."""
    return (mean_face().vertices * 100 + np.float32([150, 100, 0])).astype(np.float32)


def lowered(points, by):
    """The jaw moved down, from the lower lip on."""
    shape = mean_face().vertices
    jaw = (shape[:, 1] > 0.8) & (np.abs(shape[:, 0]) < 0.5)
    jaw[list(INNER_LOWER[1:-1])] = True
    moved = points.copy()
    moved[jaw, 1] += by
    return moved


def coordinates(size):
    """An image whose blue is the column and whose green is the row."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.dstack([columns, rows, 0 * rows]).clip(0, 255).astype(np.uint8)


def test_the_inner_lips_go_once_around():
    assert len(INNER_LIPS) == len(set(INNER_LIPS)) == 20
    assert (INNER_UPPER[0], INNER_UPPER[-1]) == (INNER_LOWER[0], INNER_LOWER[-1]) == (78, 308)


def test_a_mesh_that_stays_moves_no_pixel(points):
    warp = mesh_warp(points, points, SIZE)
    assert not warp.moved(1e-3).any()
    assert (warp.rows.start % 2, warp.columns.start % 2) == (0, 0)
    image = coordinates(SIZE)
    np.testing.assert_array_equal(warp(image), image[warp.rows, warp.columns])


def test_pixels_follow_the_points(points):
    target = lowered(points, 12)
    warp = mesh_warp(points, target, SIZE)
    moved = warp(coordinates(SIZE))
    for point in (17, 152, 87):
        x, y = np.floor(target[point, :2]).astype(int)
        blue, green, _ = moved[y - warp.rows.start, x - warp.columns.start].astype(float)
        assert (blue, green) == pytest.approx((points[point, 0], points[point, 1]), abs=1.5)


def opened(points, by):
    """The lips parted, from their middle to the corners."""
    parted = points.copy()
    parted[list(INNER_LOWER[1:-1]), 1] = parted[list(INNER_UPPER[1:-1]), 1] + by
    return parted


def column_under(points, image, rows, columns):
    """What an image shows from the middle of the upper lip to that of the lower one."""
    x = round(float(points[13, 0])) - columns.start
    top, bottom = (round(float(points[point, 1])) - rows.start for point in (13, 14))
    return image[top + 1 : bottom, x, 1].astype(int)


@pytest.mark.parametrize(("top", "bottom"), [(0, 10), (6, 18), (4, 14)])
def test_lips_that_close_cover_the_teeth(points, top, bottom):
    frame = opened(points, 24)
    target = opened(points, 24)
    target[list(INNER_UPPER[1:-1]), 1] += top
    target[list(INNER_LOWER[1:-1]), 1] += bottom - 24
    warp = mesh_warp(frame, target, SIZE)
    shown = column_under(target, warp(coordinates(SIZE)), warp.rows, warp.columns)
    first = round(float(target[13, 1]))
    assert len(shown) == bottom - top - 1
    np.testing.assert_allclose(shown[1:-1], first + 1 + np.arange(1, len(shown) - 1), atol=0.6)


def test_an_opening_that_is_nearly_shut_shows_the_upper_lip(points):
    frame, target = opened(points, 24), opened(points, 2)
    warp = mesh_warp(frame, target, SIZE)
    middle = round(float(points[13, 0])) - warp.columns.start
    inside = round(float(points[13, 1])) + 1 - warp.rows.start
    # 0.03 of the width of the mouth above its edge
    width = np.linalg.norm(points[78, :2] - points[308, :2])
    expected = points[13, 1] - 0.5 - 0.03 * width
    assert warp.y[inside, middle] == pytest.approx(expected, abs=0.2)


def test_edges_of_lips_show_the_mean_of_what_lies_on_both_sides(points):
    frame, target = opened(points, 24), opened(points, 4)
    warp = mesh_warp(frame, target, SIZE)
    assert warp.edges is not None
    single = replace(warp, edges=None)
    image = np.full((*SIZE, 3), 60, np.uint8)
    image[round(float(points[13, 1])) : round(float(points[13, 1])) + 24] = 240  # teeth
    fine, coarse = warp(image), single(image)
    mouth = warp._within(warp.edges)
    outside = np.ones(fine.shape[:2], bool)
    outside[mouth] = warp.edges.share == 0
    np.testing.assert_array_equal(fine[outside], coarse[outside])
    assert (fine[mouth] != coarse[mouth])[warp.edges.share == 1].any()
    assert warp.moved(0.02)[mouth][warp.edges.share > 0].all()


def test_lips_that_cross_in_the_frame_are_moved_as_they_are(points):
    maps = []
    for gap in (-0.6, -0.01, 0.01, 0.4):
        warp = mesh_warp(opened(points, gap), opened(points, 10), SIZE)
        x = round(float(points[13, 0])) - warp.columns.start
        y = round(float(points[13, 1])) - warp.rows.start
        maps.append(warp.y[y + 1 : y + 9, x])
    for one, other in pairwise(maps):
        assert np.abs(one - other).max() < 0.7


def test_an_opening_that_grows_is_stretched(points):
    frame, target = opened(points, 4), opened(points, 8)
    target[list(INNER_UPPER[1:-1]), 1] += 1
    target[list(INNER_LOWER[1:-1]), 1] += 1
    warp = mesh_warp(frame, target, SIZE)
    shown = column_under(target, warp(coordinates(SIZE)), warp.rows, warp.columns)
    top = float(points[13, 1])
    np.testing.assert_allclose(shown, top + np.arange(1, 8) / 2, atol=0.8)


def test_eyes_and_surroundings_stay(points):
    warp = mesh_warp(points, lowered(points, 12), SIZE)
    moved = np.zeros(SIZE, bool)
    moved[warp.rows, warp.columns] = warp.moved(0.02)
    assert not moved[:130].any()  # down to the nose
    assert not moved[:, :60].any()
    assert not moved[:, 240:].any()
    assert moved[225, 150]


def test_nothing_is_torn_at_the_border_of_the_frame(points):
    shifted = points - np.float32([0, 120, 0])  # the frame ends at the upper lip's height
    warp = mesh_warp(shifted, lowered(shifted, 12), (80, 300))
    assert warp.rows.stop <= 80
    assert warp(coordinates((80, 300))).shape == (*warp.x.shape, 3)
    outside = mesh_warp(points + np.float32([2000, 0, 0]), points + np.float32([2000, 9, 0]), SIZE)
    assert outside.x.size
    assert not outside.moved(0.02).any()


def test_a_turned_head_hides_what_is_behind():
    points = head_pose(yaw=50).place(mean_face().vertices)
    warp = mesh_warp(points, lowered(points, 8), (400, 400))
    assert np.isfinite(warp.x).all()
    assert np.isfinite(warp.y).all()
    assert np.abs(warp.y - np.arange(warp.rows.start, warp.rows.stop)[:, None]).max() < 20


@pytest.mark.parametrize("yaw", [30, -30, 45, -45])
def test_the_outline_of_a_turned_head_is_not_torn(yaw):
    points = head_pose(yaw=yaw).place(mean_face().vertices)
    warp = mesh_warp(points, lowered(points, 8), (400, 400))
    motion = warp.y - np.arange(warp.rows.start, warp.rows.stop)[:, None]
    # Beside chin and lower lip, from the face to where nothing moves, there is no jump.
    chin = slice(*(int(points[point, 1]) - warp.rows.start for point in (17, 152)))
    assert np.abs(motion[chin]).max() > 6
    assert np.abs(np.diff(motion[chin], axis=1)).max() < 2.5  # 8 with a tear
    for border in (motion[:, 0], motion[:, -1], motion[-1]):
        assert np.abs(border).max() < 0.5


def test_fine_places_agree_with_the_coarse_ones_of_a_turned_head():
    points = head_pose(yaw=45).place(mean_face().vertices)
    warp = mesh_warp(opened(points, 12), opened(points, 3), (400, 400))
    assert warp.edges is not None
    within = warp._within(warp.edges)
    for fine, coarse in ((warp.edges.x, warp.x[within]), (warp.edges.y, warp.y[within])):
        times = fine.shape[0] // coarse.shape[0]
        blocks = fine.reshape(coarse.shape[0], times, coarse.shape[1], times)
        together = np.ptp(blocks, axis=(1, 3)) < 2
        apart = np.abs(blocks.mean(axis=(1, 3)) - coarse)[together]
        assert np.percentile(apart, 99) < 0.7


def test_the_part_that_is_read_is_enough(points):
    warp = mesh_warp(points, lowered(points, 12), SIZE)
    rows, columns = warp.source(SIZE)
    image = coordinates(SIZE)
    part = warp(image[rows, columns], rows.start, columns.start)
    np.testing.assert_array_equal(part, warp(image))


def test_no_pixel_comes_from_farther_than_any_point_moved(points):
    rng = np.random.default_rng(0)
    lower = mean_face().vertices[:, 1] > 0.3
    for _ in range(20):
        moved = points.copy()
        moved[lower, :2] += rng.uniform(-3, 3, (lower.sum(), 2)).astype(np.float32)
        warp = mesh_warp(points, moved, SIZE)
        across = warp.x - np.arange(warp.columns.start, warp.columns.stop)
        along = warp.y - np.arange(warp.rows.start, warp.rows.stop)[:, None]
        assert max(np.abs(across).max(), np.abs(along).max()) < 3 + 2
