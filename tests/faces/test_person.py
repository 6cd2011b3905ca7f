import cv2
import numpy as np
import pytest
from rendered_head import head_pose

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.neutral_shape import lip_gap, lower_face
from wav2lip.faces.person import PersonSurvey
from wav2lip.faces.retargeting import MotionSpace
from wav2lip.regions import INNER_UPPER

VERTICES = lower_face()
PLACE = {int(vertex): i for i, vertex in enumerate(VERTICES)}
LOWER_LIP = [95, 88, 178, 87, 14, 317, 402, 318, 324, 17, 152]
SPACE = MotionSpace(VERTICES, np.zeros((1, len(VERTICES), 3), np.float32))
SPACE.basis[0, [PLACE[v] for v in LOWER_LIP], 1] = 0.05


def frame(opening, teeth=30, yaw=0, red=False):
    """A frame whose mouth is open by `opening` units more than closed; its inside has one luma. Lips may be red."""
    shape = mean_face().vertices.copy()
    shape[[95, 88, 178, 87, 14, 317, 402, 318, 324], 1] = shape[
        [191, 80, 81, 82, 13, 312, 311, 310, 415], 1
    ]
    shape[LOWER_LIP, 1] += opening
    landmarks = Landmarks(head_pose(yaw=yaw).place(shape))
    image = np.full((400, 400, 3), 120, np.uint8)
    (left, _), (right, _), (_, top), (_, bottom) = landmarks.points[[78, 308, 13, 14], :2].astype(
        int
    )
    if red:
        image[top - 14 : bottom + 14, left:right] = 90, 90, 150
    image[top:bottom, left:right] = teeth
    if not opening:
        line = np.rint(landmarks.points[list(INNER_UPPER), :2]).astype(np.int32)
        cv2.polylines(image, [line], False, (teeth,) * 3, 2)
    return image, landmarks


def test_the_texture_is_the_median_of_the_first_frames():
    survey = PersonSurvey()
    for number in range(7):
        image, landmarks = frame(0.0)
        if number in (1, 5, 6):  # one of the first five is grainy
            image = image + np.random.default_rng(0).integers(0, 60, image.shape, dtype=np.uint8)
        survey.add(image, landmarks)
    assert survey.person(SPACE).texture < 1
    survey = PersonSurvey()
    survey.add(image, landmarks)
    assert survey.person(SPACE).texture > 4


def test_a_still_has_a_neutral_shape_and_no_exemplar():
    survey = PersonSurvey()
    survey.add(*frame(0.1))
    person = survey.person(SPACE)
    assert lip_gap(person.neutral, VERTICES) < 0.025
    assert person.height == pytest.approx(0.759, abs=0.01)
    assert person.exemplars == ()


def test_exemplars_are_the_most_open_mouth_and_the_one_with_teeth():
    survey = PersonSurvey()
    for opening in np.linspace(0, 0.15, 40):
        survey.add(*frame(opening, teeth=230 if 0.1 < opening < 0.104 else 30))
    assert len(survey) == 40
    most, teeth = survey.person(SPACE).exemplars
    assert most.jaw - teeth.jaw == pytest.approx((0.15 - 0.102) * 72 / 0.6, abs=0.7)
    assert teeth.teeth > 50 > most.teeth


def test_turned_and_closed_mouths_are_no_exemplars():
    survey = PersonSurvey()
    for opening, yaw in ((0.15, 40), (0.01, 0), (0.0, 0)):
        survey.add(*frame(opening, yaw=yaw))
    assert survey.person(SPACE).exemplars == ()


def test_memory_does_not_grow_by_pictures():
    survey = PersonSurvey()
    for opening in np.linspace(0.05, 0.15, 60):
        survey.add(*frame(opening))
    kept = survey._open
    assert len(kept) == 16
    assert sum(part.size for _, _, part, _ in kept) < 16 * 400 * 400 * 3 / 2


@pytest.mark.parametrize(
    ("openings", "still", "painted"),
    [
        ([0.0], True, True),
        ([0.0], False, False),  # another frame of the video may show teeth
        ([0.0] * 50, False, True),
        ([0.0] * 49, False, False),
        ([0.1], True, False),
        ([0.0] * 50 + [0.1], False, False),
        ([0.0] * 50 + [0.06], False, False),
    ],
)
def test_teeth_are_painted_for_a_source_that_shows_none(openings, still, painted):
    survey = PersonSurvey()
    for opening in openings:
        survey.add(*frame(opening))
    assert (survey.person(SPACE, still=still).teeth is not None) == painted


@pytest.mark.parametrize(
    ("opening", "teeth", "painted"),
    [(0.03, 250, True), (0.055, 250, True), (0.055, 30, True), (0.075, 250, False)],
)
def test_teeth_of_hardly_parted_lips_are_painted_and_not_stretched(opening, teeth, painted):
    image, landmarks = frame(opening, teeth, red=True)
    assert opening - 0.008 < landmarks.lip_opening < opening + 0.008
    survey = PersonSurvey()
    survey.add(image, landmarks)
    assert survey.person(SPACE).teeth is None  # other frames of a video show more
    found = survey.person(SPACE, still=True).teeth
    assert (found is not None) == painted
    if painted:
        assert found.parted
        expected = 250 / 255 if teeth == 250 else 0.614  # as seen, or by the skin of luma 120
        np.testing.assert_allclose(found.colour, expected, atol=0.01)


@pytest.mark.parametrize(
    "lower", [-10, 0, 10]
)  # px; the mouth of a person is not at the mean height
def test_the_colour_of_teeth_is_read_between_the_lips_of_this_face(lower):
    image, landmarks = frame(0.055, 250, red=True)
    moved = landmarks.points.copy()
    mouth = np.abs(moved[:, 1] - moved[[13, 14], 1].mean()) < 40
    moved[mouth, 1] += lower
    survey = PersonSurvey()
    survey.add(np.roll(image, lower, axis=0), Landmarks(moved))
    np.testing.assert_allclose(survey.person(SPACE, still=True).teeth.colour, 250 / 255, atol=0.01)


def test_bright_corners_and_edges_are_no_teeth():
    image, landmarks = frame(0.055, 30, red=True)
    left, right = landmarks.points[[78, 308], 0].astype(int)
    reach = (right - left) // 6
    image[:, : left + reach][image[:, : left + reach] == 30] = 250
    image[:, right - reach :][image[:, right - reach :] == 30] = 250
    survey = PersonSurvey()
    survey.add(image, landmarks)
    np.testing.assert_allclose(survey.person(SPACE, still=True).teeth.colour, 0.614, atol=0.01)


def test_what_covers_the_lips_has_no_teeth():
    image, landmarks = frame(0.055, 120)  # all of one grey
    survey = PersonSurvey()
    survey.add(image, landmarks)
    assert landmarks.lip_opening < 0.07
    assert survey.person(SPACE, still=True).teeth is None
    image, landmarks = frame(0.055, 250)  # a bright stripe of a mask
    survey = PersonSurvey()
    survey.add(image, landmarks)
    assert survey.person(SPACE, still=True).teeth is None


def test_a_broad_smile_keeps_its_teeth():
    image, landmarks = frame(0.055, 250, red=True)
    points = landmarks.points.copy()
    points[[61, 291], 0] = points[[61, 291], 0].mean() + np.array([-0.5, 0.5]) * (
        0.66 * landmarks.inter_ocular
    )
    survey = PersonSurvey()
    survey.add(image, Landmarks(points))
    assert survey.person(SPACE, still=True).teeth is None


def test_painted_teeth_lie_behind_the_lips():
    survey = PersonSurvey()
    survey.add(*frame(0.0))
    person = survey.person(SPACE, still=True)
    closed = person.neutral[[PLACE[13], PLACE[14]], 1].mean()
    line = (closed - person.height + 0.19) / 0.6 * 72 - 0.5  # row of the patch
    edge = person.teeth.outlines[-1, 0, :9, 1].max()
    assert edge - line == pytest.approx(2.6 / 90 / 0.6 * 72, abs=0.1)
