import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.faces.occlusion import START, OcclusionFinder, point_colours

VISIBLE = np.ones(468, np.bool_)
LIPS = [61, 40, 0, 270, 291, 321, 17, 91]


@pytest.fixture(scope="module")
def image():
    return cv2.resize(data.astronaut()[:300, 80:380, ::-1], (450, 450))


@pytest.fixture(scope="module")
def landmarks(image):
    box = np.array([150.0, 86.0, 287.0, 277.0], np.float32)
    return find_landmarks(image, box, FaceMesh())


def judge(images, landmarks):
    find = OcclusionFinder()
    return [find(point_colours(image, landmarks), VISIBLE, landmarks.pose) for image in images]


def covered_by(image, landmarks, colour, radius, point=17):
    x, y = landmarks.points[point, :2]
    with_disc = image.copy()
    cv2.circle(with_disc, (round(x), round(y)), round(radius * landmarks.inter_ocular), colour, -1)
    return with_disc


def test_the_colour_of_a_point_is_that_of_its_pixel(image, landmarks):
    colours = point_colours(np.full_like(image, [40, 90, 200]), landmarks)
    wanted = cv2.cvtColor(np.array([[[40, 90, 200]]], np.uint8), cv2.COLOR_BGR2YCrCb)[0, 0]
    assert np.abs(colours - wanted).max() < 1
    lips, cheek = point_colours(image, landmarks)[[17, 50]]
    assert lips[1] > cheek[1] + 2  # lips are redder


def test_a_microphone_covers_some_points(image, landmarks):
    microphone = covered_by(image, landmarks, (30, 30, 30), 0.3)
    results = judge([image] * START + [microphone] * 3 + [image] * 3, landmarks)
    assert not any(hidden.any() or covered for hidden, covered in results[:START])
    distance = np.linalg.norm(landmarks.points[:, :2] - landmarks.points[17, :2], axis=1)
    for hidden, covered in results[START : START + 3]:
        assert not covered
        assert hidden[[17, 18, 200]].all()
        assert distance[hidden].max() < 0.4 * landmarks.inter_ocular
    assert not any(hidden.any() or covered for hidden, covered in results[START + 3 :])


def test_a_hand_covers_the_mouth(image, landmarks):
    hand = covered_by(image, landmarks, (95, 120, 165), 0.6, point=13)
    assert judge([image] * START + [hand], landmarks)[-1][1]


def test_light_and_noise_cover_nothing(image, landmarks):
    rng = np.random.default_rng(0)
    images = [
        np.clip(image * gain + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
        for gain in np.linspace(1, 0.8, 15)
    ]
    images.append(np.clip(images[-1] * np.array([0.9, 1, 1.1]), 0, 255).astype(np.uint8))
    assert not any(hidden.any() or covered for hidden, covered in judge(images, landmarks))


def test_teeth_cover_nothing(image, landmarks):
    inner = landmarks.points[[78, 81, 13, 311, 308, 402, 14, 178], :2].round().astype(np.int32)
    for colour in ((230, 230, 230), (20, 20, 40)):
        open_mouth = image.copy()
        cv2.fillPoly(open_mouth, [inner], colour)
        hidden, covered = judge([image] * START + [open_mouth], landmarks)[-1]
        assert not hidden.any()
        assert not covered


def test_a_mesh_that_slips_covers_nothing(image, landmarks):
    find = OcclusionFinder()
    for shift in [0.0] * START + [0.04, 0.07]:
        moved = np.float32([[1, 0, 0], [0, 1, shift * landmarks.inter_ocular]])
        shown = cv2.warpAffine(image, moved, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        hidden, covered = find(point_colours(shown, landmarks), VISIBLE, landmarks.pose)
        assert not hidden.any()
        assert not covered


def test_nothing_is_found_on_a_head_in_profile(image, landmarks):
    microphone = covered_by(image, landmarks, (30, 30, 30), 0.3)
    find = OcclusionFinder()
    pose = type(landmarks.pose)(50.0, 0.0, 0.0, 80.0, (0.0, 0.0, 0.0))
    for shown in [image] * START + [microphone]:
        hidden, covered = find(point_colours(shown, landmarks), VISIBLE, pose)
    assert not hidden.any()
    assert not covered
