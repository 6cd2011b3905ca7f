import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.mouth_patch import MouthPatch
from wav2lip.faces.teeth import Teeth

WHOLE = slice(0, 72), slice(0, 96)


def teeth(yaw=0.0, skin=(120, 140, 200), texture=0.0):
    pose, shape = head_pose(yaw=yaw), mean_face().vertices
    patch = MouthPatch.of_pose(pose, 0.76)
    return Teeth.of(pose, shape, patch, np.full((72, 96, 3), skin, np.uint8), texture)


def opening(top=22, bottom=40, left=20, right=76):
    mask = np.zeros((72, 96), np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def test_ten_crowns_the_first_in_front():
    outlines = teeth().outlines
    assert outlines.shape == (10, 2, 18, 2)
    whole = outlines[:, 0]
    middles = whole[:, :, 0].mean(axis=1)
    np.testing.assert_allclose(
        middles[::2] + middles[1::2], 95, atol=0.5
    )  # the two sides mirror each other
    assert (np.diff(middles[1::2]) < 0).all()
    width = np.ptp(
        whole[-1, :, 0]
    )  # of a first incisor: 8.5 of 90 mm, of a patch of 0.8 units and 96 px
    assert width == pytest.approx(8.5 / 90 / 0.8 * 96, rel=0.02)
    assert width > np.ptp(whole[0, :, 0]) * 1.8  # the last ones are seen from the side


@pytest.mark.parametrize("times", [1, 3])
def test_they_are_shown_where_the_mouth_is_open(times):
    coverage, colour = teeth().shown(opening(), times, *WHOLE)
    assert coverage.shape == (72 * times, 96 * times)
    assert colour.shape == (72 * times, 96 * times, 3)
    rows = np.flatnonzero(coverage[:, 48 * times] > 0.5) / times
    assert rows[0] == pytest.approx(22, abs=0.7)
    assert 3 < rows[-1] - rows[0] < 12
    assert coverage[:, : 20 * times].max() == 0
    assert coverage[: 21 * times].max() < 0.01


def test_a_part_is_the_part_of_the_whole():
    whole = teeth().shown(opening(), 2, *WHOLE)
    part = teeth().shown(opening(), 2, slice(16, 50), slice(10, 80))
    for all_of_it, some in zip(whole, part, strict=True):
        np.testing.assert_allclose(
            all_of_it[32:100, 20:160][4:-4, 4:-4], some[4:-4, 4:-4], atol=1e-5
        )


def test_they_stay_where_they_are_when_the_jaw_drops():
    ends = [
        np.flatnonzero(teeth().shown(opening(bottom=bottom), 1, *WHOLE)[0][:, 48] > 0.5)[-1]
        for bottom in (36, 44, 52)
    ]
    assert ends[0] == ends[1] == ends[2]


def test_closed_lips_show_none():
    coverage, _ = teeth().shown(np.zeros((72, 96), np.float32), 1, *WHOLE)
    assert coverage.max() == 0


def test_lips_and_cheeks_throw_shadows():
    coverage, colour = teeth().shown(opening(), 1, *WHOLE)
    light = colour.mean(axis=2)
    assert light[22, 43] < 0.85 * light[26, 43]
    assert light[25, 24] < 0.7 * light[25, 43]
    assert coverage[25, 20] < 0.1


@pytest.mark.parametrize(
    ("skin", "luma", "warmth"),
    [
        ((120, 140, 200), 0.761, 1.358),
        ((60, 80, 120), 0.484, 1.501),
        ((90, 90, 90), 0.485, 1.0),
        ((6, 6, 6), 0.053, 1.0),
    ],
)
def test_the_colour_follows_the_skin(skin, luma, warmth):
    blue, green, red = teeth(skin=skin).colour
    assert 0.114 * blue + 0.587 * green + 0.299 * red == pytest.approx(luma, abs=0.005)
    assert red / max(blue, 1e-6) == pytest.approx(warmth, abs=0.01)


def test_a_sharp_photo_gets_sharper_edges():
    soft, sharp = (np.abs(np.diff(teeth(texture=t).paint(1)[0], axis=0)).max() for t in (0.0, 4.0))
    assert sharp > 1.05 * soft


def test_a_turned_head_shows_more_of_one_side():
    whole = teeth(yaw=35).outlines[:, 0]
    left, right = np.ptp(whole[::2, :, 0], axis=1), np.ptp(whole[1::2, :, 0], axis=1)
    assert max(left[1] / right[1], right[1] / left[1]) > 1.5


@pytest.mark.parametrize(
    ("seen", "luma"), [(230, 230 / 255), (40, 0.761)]
)  # brighter and darker than teeth by the skin
def test_teeth_are_at_least_as_bright_as_what_parted_lips_show(seen, luma):
    pose, shape = head_pose(), mean_face().vertices
    skin = np.full((72, 96, 3), (120, 140, 200), np.uint8)
    between = np.full((50, 3), 20, np.uint8)
    between[::4] = seen
    patch = MouthPatch.of_pose(pose, 0.76)
    found = Teeth.of(pose, shape, patch, skin, 0.0, between)
    assert found.parted
    assert float(found.colour @ np.array([0.114, 0.587, 0.299])) == pytest.approx(luma, abs=0.005)
    few = Teeth.of(pose, shape, patch, skin, 0.0, between[:1])
    assert few.parted
    np.testing.assert_array_equal(few.colour, teeth().colour)
    dimmed = found.dim(np.array([[[0.01] * 3, [0.9] * 3, [0.0] * 3]], np.float32))[0]
    kept = 1 / np.hypot(1, 0.9 / (0.5 * luma))
    np.testing.assert_allclose(dimmed[:, 2], [0.01, 0.9 * kept, 0], atol=2e-3)
    np.testing.assert_allclose(dimmed[1, :2], 0.9 * kept * (0.2 + 0.8 * kept), atol=2e-3)
