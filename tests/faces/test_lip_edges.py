import numpy as np
import pytest

from wav2lip.faces.lip_edges import APART, TIMES, LipEdges
from wav2lip.faces.triangle_map import draw_map

PART = slice(10, 20), slice(40, 60)
MOUTH = slice(12, 18), slice(44, 56)


def square(top, bottom):
    """Two triangles that cover columns 30 to 70, from row `top` to row `bottom`."""
    left, right = 30.0, 70.0
    return np.array(
        [
            [[left, top], [right, top], [left, bottom]],
            [[right, top], [right, bottom], [left, bottom]],
        ]
    )


def slit(height):
    """A picture of two lips that meet at row 15, with a slit that shows rows 100 to 101 between them."""
    target = np.concatenate([square(0, 15), square(15, 15 + height), square(15 + height, 40)])
    source = np.concatenate([square(0, 15), square(100, 101), square(15, 40 - height)])
    return target, source


def edges_of(triangles):
    x, y = draw_map(*triangles, *PART)
    return LipEdges.of(x, y, PART, MOUTH, triangles), (x, y)


def test_a_map_that_shows_one_place_after_the_other_has_none():
    for scale in (0.1, 1.0, 1.5):
        edges, _ = edges_of((square(0, 40), square(0, 40) * scale))
        assert edges is None
    assert APART == (0.75, 1.25)


def test_pixels_beside_a_step_are_found():
    edges, _ = edges_of(slit(1.0))
    assert edges is not None
    assert (edges.rows, edges.columns) == MOUTH
    assert edges.share.shape == (6, 12)
    assert edges.x.shape == edges.y.shape == (6 * TIMES, 12 * TIMES)
    assert edges.share[2:5].min() == 1
    assert edges.share[[0, 1, 5]].max() == 0


@pytest.mark.parametrize(("apart", "share"), [(1.74, 0.0), (1.9, 0.3), (2.0, 0.5), (2.3, 1.0)])
def test_the_mean_counts_the_more_the_more_is_hidden(apart, share):
    whole = square(0, 40)
    for source in (whole * [1, apart], whole * [apart, 1]):
        edges, _ = edges_of((whole, source))
        if not share:
            assert edges is None
            continue
        assert edges is not None
        np.testing.assert_allclose(edges.share, share, atol=1e-5)


def test_a_large_mouth_has_fewer_places_per_pixel():
    whole = square(0, 2000) * [30, 1]
    triangles, part = (whole, whole * 3), (slice(0, 1000), slice(1000, 2000))
    edges = LipEdges.of(*draw_map(*triangles, *part), part, part, triangles)
    assert edges is not None
    assert edges.x.shape == (2000, 2000)


@pytest.mark.parametrize("height", [0.25, 0.5, 0.75])
def test_a_slit_shows_as_much_as_its_height(height):
    triangles = slit(height)
    edges, (_, y) = edges_of(triangles)
    assert edges is not None
    white = np.zeros((120, 100, 3), np.uint8)
    white[90:] = 200
    moved = white[np.clip(np.rint(y[2:8, 4:16]), 0, 119).astype(int), 50].copy()
    edges.smooth(moved, white, (0, 0))
    np.testing.assert_allclose(moved[..., 0].astype(float).sum(axis=0), 200 * height, atol=3)


def test_other_pixels_stay_as_they_are():
    edges, _ = edges_of(slit(0.5))
    assert edges is not None
    moved = np.full((6, 12, 3), 77, np.uint8)
    edges.smooth(moved, np.zeros((120, 100, 3), np.uint8), (0, 0))
    assert (moved[edges.share == 0] == 77).all()
    assert (moved[edges.share == 1] == 0).all()


def test_a_part_of_the_picture_gives_the_same():
    edges, _ = edges_of(slit(0.5))
    assert edges is not None
    picture = np.random.default_rng(0).integers(0, 256, (120, 100, 3), dtype=np.uint8)
    whole, part = np.zeros((2, 6, 12, 3), np.uint8)
    edges.smooth(whole, picture, (0, 0))
    edges.smooth(part, picture[5:, 30:], (5, 30))
    np.testing.assert_array_equal(part, whole)
    assert whole.any()


def test_a_mouth_outside_of_the_frame_has_no_edges():
    x, y = draw_map(*slit(0.5), *PART)
    assert LipEdges.of(x, y, PART, (slice(20, 20), slice(44, 56)), slit(0.5)) is None
