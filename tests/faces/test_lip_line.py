from dataclasses import replace

import cv2
import numpy as np
import pytest
from rendered_head import SIZE, head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.lip_line import fit_lip_line, lips_seen
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_LOWER, INNER_UPPER, LIP_POINTS

SKIN, LIPS, LINE = (120, 140, 200), (90, 90, 170), (25, 25, 60)
MIDDLE = slice(3, 8)  # of the contours


def closed(parted=0.0, pose=None):
    """Landmarks whose lips are `parted` pixels apart."""
    shape = mean_face().vertices.copy()
    shape[list(INNER_LOWER)] = shape[list(INNER_UPPER)]
    points = (pose or head_pose()).place(shape)
    points[list(INNER_LOWER[1:-1]), 1] += parted
    return Landmarks(points)


def photo(landmarks, below=0.0, line=LINE, inside=None):
    """A face whose lips meet `below` pixels under the upper contour."""
    image = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    outline = np.rint(landmarks.points[list(LIP_POINTS[:20]), :2]).astype(np.int32)
    cv2.fillPoly(image, [outline], LIPS)
    meeting = landmarks.points[list(INNER_UPPER), :2] + (0, below)
    if inside is not None:
        cv2.polylines(image, [np.rint(meeting).astype(np.int32)], False, inside, 7)
    cv2.polylines(image, [np.rint(meeting).astype(np.int32)], False, line, 2)
    return image


def rows(landmarks):
    return [landmarks.points[list(contour)][MIDDLE, 1] for contour in (INNER_UPPER, INNER_LOWER)]


@pytest.mark.parametrize("below", [-2, 0, 3])
@pytest.mark.parametrize("parted", [0.0, 4.0])
def test_the_contours_of_closed_lips_meet_at_the_line(below, parted):
    seen = closed(parted)
    found = fit_lip_line(photo(seen, below), seen)
    upper, lower = rows(found)
    line = rows(seen)[0] + below
    np.testing.assert_allclose((upper + lower) / 2, line, atol=1.5)
    assert (lower - upper).max() < 2.5


def test_a_picture_in_planes_gives_the_same():
    seen = closed(4.0)
    image = photo(seen, 3)
    direct, planes = (fit_lip_line(source, seen) for source in (image, Picture.of(image, BT709)))
    np.testing.assert_allclose(direct.points, planes.points, atol=0.5)


def orientations(landmarks):
    a, b, c = (landmarks.points[mean_face().triangles[:, corner], :2].T for corner in range(3))
    return (b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]


def test_other_points_of_the_lips_follow_less_and_the_rest_stays():
    seen = closed()
    shift = (fit_lip_line(photo(seen, 3), seen).points - seen.points)[:, 1]
    assert shift[13] > shift[12] > shift[11] > 0.5
    np.testing.assert_array_equal(shift[[4, 33, 152, 10, 234]], 0)


@pytest.mark.parametrize("below", [-3, 3])
def test_the_mesh_does_not_fold(below):
    seen = closed(1.5)
    found = fit_lip_line(photo(seen, below), seen)
    assert found is not seen
    before, after = orientations(seen), orientations(found)
    folded = before * after < 0
    assert np.abs(after[folded]).sum() < 0.01 * np.abs(before[np.abs(before - after) > 0.1]).sum()


@pytest.mark.parametrize("gap", [3, 4])
def test_lips_that_are_parted_by_darkness_stay(gap):
    seen = closed(gap)
    image = photo(seen, line=LIPS)
    inside = np.concatenate(
        [seen.points[list(INNER_UPPER), :2], seen.points[list(INNER_LOWER[::-1]), :2]]
    )
    cv2.fillPoly(image, [np.rint(inside * 16).astype(np.int32)], LINE, shift=4)
    assert fit_lip_line(image, seen) is seen


@pytest.mark.parametrize("parted", [-2.0, -4.0])
def test_contours_that_cross(parted):
    seen = closed(parted)
    upper, lower = rows(fit_lip_line(photo(seen, 0), seen))
    assert np.abs(lower - upper).max() < 2.5


@pytest.mark.parametrize("light", [1.0, 0.3])
def test_lips_without_a_line_stay(light):
    seen = closed(4.0)
    image = (photo(seen, 3, line=LIPS) * light).astype(np.uint8)
    assert fit_lip_line(image, seen) is seen


def test_teeth_between_the_lips_are_no_line():
    seen = closed(4.0)
    image = photo(seen, 2, line=(150, 160, 165), inside=LINE)
    assert lips_seen(image, seen) == (True, True)
    assert fit_lip_line(image, seen) is seen
    assert lips_seen(photo(seen, 2), seen) == (True, False)
    assert lips_seen(photo(seen, 2, line=LIPS), seen) == (
        False,
        False,
    )  # nothing is seen of the line


def test_an_open_mouth_and_a_turned_head_stay():
    wide = closed(12.0)
    assert wide.lip_opening > 0.05
    assert fit_lip_line(photo(wide, 6), wide) is wide
    turned = closed(pose=replace(head_pose(), yaw=40.0))
    assert fit_lip_line(photo(turned, 3), turned) is turned


def test_a_face_at_the_edge_of_the_picture():
    seen = closed()
    image = photo(seen, 3)
    bottom = int(rows(seen)[0].mean()) + 2
    fit_lip_line(image[:bottom], seen)
    fit_lip_line(image[:, : SIZE // 2], seen)
