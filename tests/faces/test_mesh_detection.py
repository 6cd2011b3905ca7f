import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.landmark_tracking import smooth_landmarks
from wav2lip.faces.mesh_detection import IDLE_INTERVAL, SEARCH_INTERVAL, detect_by_mesh
from wav2lip.faces.tracking import track_faces
from wav2lip.media.frame import Frame

FACE = np.array([180, 57, 271, 177])  # px in the astronaut's picture


class Counted:
    """The built-in detector; counts its calls."""

    def __init__(self) -> None:
        self.detector, self.calls = BlazeFaceDetector(), 0

    def detect(self, image):
        self.calls += 1
        return self.detector.detect(image)


@pytest.fixture(scope="module")
def portrait():
    return data.astronaut()[:320, 60:380, ::-1].copy()


def frames(images):
    return [Frame(image, i / 25, i) for i, image in enumerate(images)]


def shifted(image, x):
    move = np.array([[1, 0, x], [0, 1, 0]], np.float32)
    return cv2.warpAffine(image, move, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def test_a_moving_face_is_detected_once_and_followed(portrait, mesh):
    detector = Counted()
    found = list(detect_by_mesh(frames(shifted(portrait, 3 * i) for i in range(8)), detector, mesh))
    assert detector.calls == 1
    left = [tracked.detections[0, 0] - 3 * i for i, tracked in enumerate(found)]
    assert np.ptp(left) < 3
    assert left[0] == pytest.approx(FACE[0] - 60, abs=6)
    assert all(list(tracked.landmarks) == [0] for tracked in found)


def test_a_cut_and_a_lost_face_are_searched(portrait, mesh):
    detector, empty = Counted(), np.full_like(portrait, 90)
    images = [portrait, portrait, empty, empty, empty, portrait[:, ::-1].copy()]
    found = list(detect_by_mesh(frames(images), detector, mesh))
    assert [len(tracked.detections) for tracked in found] == [1, 1, 0, 0, 0, 1]
    assert [tracked.shot for tracked in found] == [0, 0, 1, 1, 1, 2]
    assert detector.calls == 3


def test_the_intervals_of_searches(portrait, mesh):
    class NoFace(Counted):
        def detect(self, image):
            self.calls += 1
            return np.zeros((0, 5), np.float32)

    detector = NoFace()
    list(detect_by_mesh(frames([np.full_like(portrait, 90)] * 11), detector, mesh))
    assert detector.calls == 3
    assert (IDLE_INTERVAL, SEARCH_INTERVAL) == (5, 50)


def test_tracking_with_a_mesh_gives_boxes_and_landmarks(portrait, mesh):
    images = [shifted(portrait, 2 * i) for i in range(6)]
    tracked = track_faces(frames(images), BlazeFaceDetector(), mesh=mesh)
    found = [item.faces[0] for item in smooth_landmarks(tracked)]
    assert [face.track for face in found] == [0] * 6
    for face in found:
        assert np.abs(face.landmarks.box - face.box).max() < 4


@pytest.mark.parametrize(("faces", "count"), [("all", 2), (2, 2), ("largest", 1)])
def test_a_much_smaller_face_counts_unless_the_largest_is_wanted(portrait, mesh, faces, count):
    small = cv2.resize(portrait, (140, 140), interpolation=cv2.INTER_AREA)
    both = np.full((320, 460, 3), 90, np.uint8)
    both[:, :320], both[100:240, 320:] = portrait, small
    tracked = track_faces(frames([both] * 3), BlazeFaceDetector(), faces=faces, mesh=mesh)
    assert [len(item.faces) for item in tracked] == [count] * 3


def test_two_faces_are_followed(portrait, mesh):
    both = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    tracked = track_faces(frames([both] * 5), BlazeFaceDetector(), faces="all", mesh=mesh)
    for item in tracked:
        assert len(item.faces) == 2
        assert all(face.landmarks is not None for face in item.faces)
