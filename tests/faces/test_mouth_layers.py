import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh_warp import INNER_LOWER, mesh_warp
from wav2lip.faces.mouth_layers import MouthLayers, mouth_layers
from wav2lip.faces.mouth_view import MouthView

POSE, HEIGHT, SIZE = head_pose(), 0.76, (400, 400)


def face(opened):
    shape = mean_face().vertices.copy()
    shape[[*INNER_LOWER[1:-1], 17, 152], 1] += opened
    return Landmarks(POSE.place(shape))


def gather(source, target, exemplars=(), times=1):
    image = np.full((*SIZE, 3), 90, np.uint8)
    warp = mesh_warp(source.points, target.points, SIZE)
    view = MouthView.of(image, source, HEIGHT)
    views = [MouthView.of(np.full((*SIZE, 3), 200, np.uint8), e, HEIGHT) for e in exemplars]
    return mouth_layers(view, views, source, target.points, warp(image), warp, times)


@pytest.mark.parametrize("times", [1, 3])
def test_shapes_and_order(times):
    layers = gather(face(0), face(0.1), [face(0.1)], times)
    assert layers.colours.shape == (7, 72 * times, 96 * times, 3)
    assert layers.small.shape == (7, 72, 96, 3)
    assert [int(c.max()) for c in layers.colours] == [90, 90, 90, 200, 200, 0, 0]
    assert layers.inside.shape == (6, 72, 96)
    assert layers.shape.shape == (2, 72, 96)
    assert layers.inside[4:].max() == 0


def test_lower_teeth_move_with_the_jaw():
    layers = gather(face(0.05), face(0.15), [face(0.1)])
    rows = [np.argwhere(mask > 0.5)[:, 0].mean() for mask in layers.inside[:4]]
    step = 72 / 0.6
    assert rows[1] - rows[0] == pytest.approx(0.1 * step, abs=1)
    assert rows[3] - rows[2] == pytest.approx(0.05 * step, abs=1)


def test_the_region_surrounds_the_opening():
    layers = gather(face(0), face(0.1))
    opening, region = layers.shape
    assert region[opening > 0.5].min() > 0.9
    assert 1.3 < region.sum() / opening.sum() < 3
    assert region[:, :4].max() == 0
    assert region[-10:].max() < 0.01


def test_an_overlay_is_the_blend_inside_the_region():
    colours = np.zeros((7, 144, 192, 3), np.uint8)
    colours[2], colours[4] = 100, 200
    shape = np.zeros((2, 72, 96), np.float32)
    shape[1, :36] = 1
    layers = MouthLayers(colours, np.ones((6, 72, 96), np.float32), shape, 2)
    weights = np.zeros((8, 72, 96), np.float32)
    weights[2], weights[4], weights[0] = 0.5, 0.25, 0.25
    overlay = layers.overlay(weights, np.zeros((3, 72, 96), np.float32))
    assert overlay.shape == (144, 192, 4)
    assert overlay[10, 10] == pytest.approx((100, 100, 100, 0.75), abs=1e-3)
    assert overlay[-10, 10] == pytest.approx((0, 0, 0, 0), abs=1e-6)
    drawn = np.zeros((8, 72, 96), np.float32)
    drawn[7] = 1
    half = layers.overlay(drawn, np.full((3, 72, 96), 0.5, np.float32))
    assert half[10, 10] == pytest.approx((127.5, 127.5, 127.5, 1), abs=1e-3)


@pytest.mark.parametrize(("times", "step"), [(1, 127.5), (3, 64)])
def test_an_enlarged_colour_keeps_its_edges(times, step):
    shape = np.ones((2, 72, 96), np.float32)
    colours = np.zeros((7, 72 * times, 96 * times, 3), np.uint8)
    layers = MouthLayers(colours, np.zeros((6, 72, 96), np.float32), shape, times)
    weights, colour = np.zeros((8, 72, 96), np.float32), np.full((3, 72, 96), 0.25, np.float32)
    weights[7], colour[:, :, 48:] = 1, 0.75
    row = layers.overlay(weights, colour)[36 * times, :, 0]
    assert row[4 * times] == pytest.approx(63.75, abs=0.5)
    assert row[-4 * times] == pytest.approx(191.25, abs=0.5)
    assert (
        np.abs(np.diff(row)).max() > step - 0.01
    )  # linear interpolation to 3 times the size has 42.5
