import numpy as np
import pytest

from wav2lip.faces.triangle_map import MIN_AREA, draw_map, follow_map, own_places

SQUARE = np.array([[[2, 1], [6, 1], [2, 5]], [[6, 1], [6, 5], [2, 5]]], float)
ROWS, COLUMNS = slice(0, 6), slice(0, 8)


def test_pixels_outside_of_all_triangles_are_their_own():
    x, y = draw_map(np.zeros((0, 3, 2)), np.zeros((0, 3, 2)), slice(2, 5), slice(4, 8))
    np.testing.assert_array_equal(x, [[4, 5, 6, 7]] * 3)
    np.testing.assert_array_equal(y, [[2] * 4, [3] * 4, [4] * 4])
    assert x.dtype == y.dtype == np.float32


def test_a_background_shows_where_no_triangle_is():
    behind = tuple(np.full((12, 16), value, np.float32) for value in (70, 80))
    x, y = draw_map(SQUARE, SQUARE + np.array([2, 0]), ROWS, COLUMNS, 2, behind)
    drawn = x != 70
    assert drawn.sum() == 8 * 8
    np.testing.assert_array_equal(y[~drawn], 80)
    own = own_places(ROWS, COLUMNS, 2)
    np.testing.assert_allclose(x[drawn], own[0][drawn] + 2)
    np.testing.assert_allclose(own[0][0, :4], [-0.25, 0.25, 0.75, 1.25])
    assert (behind[0] == 70).all()


def test_a_square_of_two_triangles_holds_each_of_its_pixels_once():
    x, y = draw_map(SQUARE, SQUARE + np.array([100, 0]), ROWS, COLUMNS)
    own = np.tile(np.arange(8.0), (6, 1))
    own[1:5, 2:6] += 100
    np.testing.assert_allclose(x, own)
    np.testing.assert_allclose(y, np.tile(np.arange(6.0)[:, None], (1, 8)))


def test_the_map_is_affine_within_a_triangle():
    source = np.array([[[20, 10], [28, 10], [20, 30]]], float)  # twice as wide, five times as high
    x, y = draw_map(SQUARE[:1], source, ROWS, COLUMNS)
    np.testing.assert_allclose(x[1, 2:6], [20, 22, 24, 26])
    np.testing.assert_allclose(y[1:5, 2], [10, 15, 20, 25])
    assert x[3, 3] == pytest.approx(22)
    assert y[3, 3] == pytest.approx(20)


def test_later_triangles_hide_earlier_ones():
    both = np.concatenate([SQUARE[:1], SQUARE[:1]])
    moved = both + np.array([50, 70])[:, None, None]
    x, _ = draw_map(both, moved, ROWS, COLUMNS)
    np.testing.assert_allclose(x[1, 2:6], [72, 73, 74, 75])


def test_only_the_rows_and_columns_that_are_asked_for_are_drawn():
    whole = draw_map(SQUARE, SQUARE * 3, ROWS, COLUMNS)
    part = draw_map(SQUARE, SQUARE * 3, slice(2, 4), slice(3, 7))
    for full, cut in zip(whole, part, strict=True):
        np.testing.assert_allclose(cut, full[2:4, 3:7], rtol=1e-6)


def test_a_mesh_has_no_gaps_wherever_its_edges_lie():
    rng = np.random.default_rng(0)
    for _ in range(20):
        corners = np.stack(np.meshgrid(np.arange(-1.0, 9), np.arange(-1.0, 8)), axis=-1)
        corners += rng.uniform(-0.4, 0.4, corners.shape)
        a, b, c, d = corners[:-1, :-1], corners[:-1, 1:], corners[1:, :-1], corners[1:, 1:]
        mesh = np.concatenate([np.stack([a, b, c], -2), np.stack([b, d, c], -2)])
        mesh = mesh.reshape(-1, 3, 2)
        x, y = draw_map(mesh, mesh + np.array([1000, 2000]), ROWS, COLUMNS)
        assert x.min() > 999
        assert y.min() > 1999


def test_a_triangle_without_area_is_moved_as_a_whole():
    thin = np.array([[[1, 1], [5, 1], [3, 1 + MIN_AREA / 4]]], float)
    x, y = draw_map(thin, np.array([[[1, 1], [5, 1], [3, 400]]], float), ROWS, COLUMNS)
    assert x[1, 1:5].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(y[1, 1:5], 134 + np.arange(4) * 0, atol=0.01)
    y[1, 1:5] = 1
    np.testing.assert_array_equal(y, np.tile(np.arange(6.0)[:, None], (1, 8)))


@pytest.mark.slow
def test_many_places_are_as_exact_as_few():
    """float32 counts to 2^24."""
    whole = np.array([[[0, 0], [6000, 0], [0, 4000]], [[6000, 0], [6000, 4000], [0, 4000]]], float)
    x, y = draw_map(whole, whole, slice(0, 4000), slice(0, 6000))
    assert np.abs(x - np.arange(6000, dtype=np.float32)).max() < 0.01
    assert np.abs(y - np.arange(4000, dtype=np.float32)[:, None]).max() < 0.01


@pytest.mark.filterwarnings("error")
def test_a_single_row_or_column_is_drawn():
    for rows, columns in ((slice(1, 2), COLUMNS), (ROWS, slice(2, 3))):
        x, _ = draw_map(SQUARE, SQUARE + np.array([100, 0]), rows, columns)
        assert (x[1, 0] if rows == ROWS else x[0, 2]) == 102


def test_more_places_per_pixel_lie_around_its_centre():
    x, y = draw_map(SQUARE, SQUARE + np.array([100, 0]), slice(2, 3), slice(3, 4), times=2)
    np.testing.assert_allclose(x, [[102.75, 103.25]] * 2)
    np.testing.assert_allclose(y, [[1.75] * 2, [2.25] * 2])
    x, y = draw_map(np.zeros((0, 3, 2)), np.zeros((0, 3, 2)), slice(2, 3), slice(3, 4), times=2)
    np.testing.assert_allclose(x, [[2.75, 3.25]] * 2)
    np.testing.assert_allclose(y, [[1.75] * 2, [2.25] * 2])


def test_pixels_are_fetched_from_the_picture_or_a_part_of_it():
    picture = np.arange(60, dtype=np.uint8).reshape(6, 10)
    x, y = np.float32([[3, 4]]), np.float32([[2, 3]])
    assert follow_map(picture, x, y, (0, 0)).tolist() == [[23, 34]]
    assert follow_map(picture[1:, 2:], x, y, (1, 2)).tolist() == [[23, 34]]
    assert follow_map(picture, x - 100, y - 100, (0, 0)).tolist() == [[0, 0]]
