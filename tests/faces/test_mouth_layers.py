from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh_warp import mesh_warp
from wav2lip.faces.mouth_layers import MouthLayers, mouth_layers
from wav2lip.faces.mouth_patch import MouthPatch
from wav2lip.faces.mouth_view import MouthView
from wav2lip.faces.teeth import Teeth
from wav2lip.regions import INNER_LOWER

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
    assert (overlay.top, overlay.left, overlay.times) == (0, 0, 2)
    assert overlay.image.shape == (84, 192, 4)  # the region, and 6 px of the patch below it
    assert overlay.image[10, 10] == pytest.approx((100, 100, 100, 0.75), abs=1e-3)
    assert overlay.image[-10, 10] == pytest.approx((0, 0, 0, 0), abs=1e-6)
    drawn = np.zeros((8, 72, 96), np.float32)
    drawn[7] = 1
    half = layers.overlay(drawn, np.full((3, 72, 96), 0.5, np.float32)).image
    assert half[10, 10] == pytest.approx((127.5, 127.5, 127.5, 1), abs=1e-3)


def test_no_region_has_an_empty_overlay():
    layers = MouthLayers(
        np.zeros((7, 72, 96, 3), np.uint8),
        np.zeros((6, 72, 96), np.float32),
        np.zeros((2, 72, 96), np.float32),
        1,
    )
    weights = np.full((8, 72, 96), 1 / 8, np.float32)
    overlay = layers.overlay(weights, np.zeros((3, 72, 96), np.float32))
    assert overlay.image.shape == (0, 0, 4)


def test_a_part_is_as_the_whole_would_be():
    layers = gather(face(0.02), face(0.1), [face(0.1)], 2)
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(8), (72, 96)).transpose(2, 0, 1).astype(np.float32)
    colour = rng.random((3, 72, 96)).astype(np.float32)
    found = layers.overlay(weights, colour)
    shares = cv2.resize((weights[1:] * layers.shape[1]).transpose(1, 2, 0), (192, 144))
    drawn = cv2.resize(colour.transpose(1, 2, 0), (192, 144), interpolation=cv2.INTER_CUBIC)
    drawn += 0.8 * (drawn - cv2.GaussianBlur(drawn, (0, 0), 1.8))
    whole = 255 * drawn.clip(0, 1) * shares[..., 6:]
    for index in range(1, 7):
        whole += shares[..., index - 1 : index] * layers.colours[index]
    expected = np.dstack([whole, shares.sum(axis=2)])
    height, width = found.image.shape[:2]
    assert (height, width) != (144, 192)
    part = np.s_[found.top : found.top + height, found.left : found.left + width]
    np.testing.assert_allclose(found.image, expected[part], atol=1e-3)
    expected[part] = 0
    assert np.abs(expected).max() == 0


@pytest.mark.parametrize(("times", "step"), [(1, 127.5), (3, 64)])
def test_an_enlarged_colour_keeps_its_edges(times, step):
    shape = np.ones((2, 72, 96), np.float32)
    colours = np.zeros((7, 72 * times, 96 * times, 3), np.uint8)
    layers = MouthLayers(colours, np.zeros((6, 72, 96), np.float32), shape, times)
    weights, colour = np.zeros((8, 72, 96), np.float32), np.full((3, 72, 96), 0.25, np.float32)
    weights[7], colour[:, :, 48:] = 1, 0.75
    row = layers.overlay(weights, colour).image[36 * times, :, 0]
    assert row[4 * times] == pytest.approx(63.75, abs=0.5)
    assert row[-4 * times] == pytest.approx(191.25, abs=0.5)
    assert (
        np.abs(np.diff(row)).max() > step - 0.01
    )  # linear interpolation to 3 times the size has 42.5


def test_painted_teeth_cover_what_is_drawn():
    layers = gather(face(0), face(0.1), times=2)
    patch = MouthPatch.of_pose(POSE, HEIGHT)
    skin = np.full((72, 96, 3), 150, np.uint8)
    teeth = Teeth.of(POSE, mean_face().vertices, patch, skin, 0.0)
    weights = np.zeros((8, 72, 96), np.float32)
    weights[0] = 1  # the network would leave the moved frame as it is
    drawn = np.zeros((3, 72, 96), np.float32)
    bare = layers.overlay(weights, drawn)
    covered = replace(layers, teeth=teeth).overlay(weights, drawn)
    assert bare.image.max() == 0
    opacity = covered.image[..., 3]
    assert 0.9 < opacity.max() <= 1.001
    bright = covered.image[opacity > 0.9][:, :3].max(axis=0) / 255
    np.testing.assert_allclose(bright, teeth.colour, atol=0.12)
    assert layers.shape[0].sum() * 4 > (opacity > 0.5).sum() > 100


@pytest.mark.parametrize("parted", [False, True])
@pytest.mark.parametrize("candidate", [0, 1, 2])
def test_what_parted_lips_show_is_neither_stretched_nor_left_in_place(parted, candidate):
    layers = gather(face(0), face(0.1))
    patch = MouthPatch.of_pose(POSE, HEIGHT)
    skin = np.full((72, 96, 3), 150, np.uint8)
    between = np.full((20, 3), 200, np.uint8) if parted else None
    teeth = Teeth.of(POSE, mean_face().vertices, patch, skin, 0.0, between)
    teeth = replace(teeth, outlines=teeth.outlines - 1000)  # out of sight
    weights = np.zeros((8, 72, 96), np.float32)
    weights[candidate] = 1
    colours = np.full_like(layers.colours, 10)
    layers = replace(layers, colours=colours, teeth=teeth)
    overlay = layers.overlay(weights, np.full((3, 72, 96), 1.0, np.float32))
    inside = layers.shape[0][overlay.top :, overlay.left :] > 0.99
    inside = inside[: overlay.image.shape[0], : overlay.image.shape[1]]
    shown = overlay.image[inside]
    if parted and candidate < 2:
        red = 255 / np.hypot(1, 255 / 100)  # drawn white is dimmed below half of the teeth's 200
        np.testing.assert_allclose(shown[:, 2], red, rtol=0.02)
        assert shown[:, :2].max() < 0.6 * red
        np.testing.assert_allclose(shown[:, 3], 1, atol=0.01)
    else:
        np.testing.assert_allclose(shown[:, :3], 10 if candidate else 0, atol=0.1)
        np.testing.assert_allclose(shown[:, 3], 1 if candidate else 0, atol=0.01)


@pytest.mark.parametrize("parted", [False, True])
def test_painted_teeth_fade_with_the_generated_mouth(parted):
    layers = gather(face(0), face(0.1))
    skin = np.full((72, 96, 3), 150, np.uint8)
    between = np.full((20, 3), 200, np.uint8) if parted else None
    patch = MouthPatch.of_pose(POSE, HEIGHT)
    teeth = Teeth.of(POSE, mean_face().vertices, patch, skin, 0.0, between)
    weights = np.full((8, 72, 96), 1 / 8, np.float32)
    drawn = np.full((3, 72, 96), 0.9, np.float32)
    bare, none, half, whole = (
        changed.overlay(weights, drawn).image
        for changed in (layers, *(replace(layers, teeth=teeth, share=s) for s in (0.0, 0.5, 1.0)))
    )
    np.testing.assert_allclose(none, bare, atol=1e-3)
    assert np.abs(whole - bare).max() > 20
    apart = np.abs(half - bare)[..., :3].max()
    assert 0.3 < apart / np.abs(whole - bare)[..., :3].max() < 0.75
