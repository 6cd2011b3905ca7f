from pathlib import Path

import numpy as np
import pytest

from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmark_tracking import find_landmarks, track_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh, Region
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.colour import BT709
from wav2lip.media.frame import Frame
from wav2lip.media.picture import Picture
from wav2lip.media.video import read_image

PORTRAIT = Path(__file__).resolve().parents[2] / "data" / "astronaut.jpg"
BOX = np.array([180, 55, 271, 180], np.float32)
EMPTY = np.zeros((64, 64, 3), np.uint8)


class KnownMesh:
    """Returns given points, whatever the region, and notes the regions."""

    def __init__(self, points, presence=1.0) -> None:
        self.points, self.presence, self.regions = iter(points), presence, []

    def fit(self, image, region):
        self.regions.append(region)
        return next(self.points), self.presence

    __call__ = fit


def face_at(x, gap=0.0):
    points = mean_face().vertices * 60 + np.float32([x, 100, 0])
    points[14, 1] += gap
    return points.astype(np.float32)


def tracked(xs, shots=None):
    for i, x in enumerate(xs):
        box = Landmarks(face_at(x)).box
        faces = [TrackedFace(0 if shots is None else shots[i], box)]
        yield TrackedFrame(Frame(EMPTY, i / 25, i), 0 if shots is None else shots[i], faces)


def test_a_face_is_found_by_its_box_and_followed_by_its_points():
    mesh = KnownMesh([face_at(100)] * 4)
    list(track_landmarks(tracked([100, 100, 100]), mesh))
    of_box, of_points = Region.of_box(Landmarks(face_at(100)).box), Region.of_points(face_at(100))
    assert mesh.regions == [of_box, of_points, of_points, of_points]


def test_a_cut_is_searched_by_the_box_again():
    mesh = KnownMesh([face_at(100)] * 2 + [face_at(40)] * 2)
    frames = list(track_landmarks(tracked([100, 40], shots=[0, 1]), mesh))
    assert mesh.regions[2] == Region.of_box(Landmarks(face_at(40)).box)
    assert frames[1].faces[0].landmarks.points[4, 0] == pytest.approx(40, abs=0.1)


def test_a_mesh_that_leaves_the_box_is_found_anew():
    mesh = KnownMesh([face_at(100)] * 2 + [face_at(30)] + [face_at(103)] * 2)
    frames = list(track_landmarks(tracked([100, 103]), mesh))
    assert len(mesh.regions) == 5
    assert frames[1].faces[0].landmarks.points[4, 0] == pytest.approx(103, abs=0.1)


def test_a_mesh_that_sees_no_face_gives_no_landmarks():
    frames = list(track_landmarks(tracked([100]), KnownMesh([face_at(100)] * 9, 0.2)))
    assert frames[0].faces[0].landmarks is None
    assert frames[0].faces[0].box is not None


def test_smoothing_does_not_lag_and_keeps_parabolas():
    xs = [100 + 0.5 * (i - 4) ** 2 for i in range(9)]
    mesh = KnownMesh([face_at(xs[0])] + [face_at(x) for x in xs])
    frames = list(track_landmarks(tracked(xs), mesh))
    assert [f.frame.index for f in frames] == list(range(9))
    assert [f.faces[0].landmarks.points[4, 0] for f in frames] == pytest.approx(xs, abs=1e-3)


def test_smoothing_halves_the_noise():
    noise = np.random.default_rng(0).normal(0, 1, 200)
    xs = 100 + noise
    mesh = KnownMesh([face_at(xs[0])] + [face_at(x) for x in xs])
    frames = list(track_landmarks(tracked(xs), mesh))
    found = np.array([f.faces[0].landmarks.points[4, 0] for f in frames])
    assert np.std(found[2:-2]) == pytest.approx(0.7 * np.std(noise), rel=0.1)
    assert np.argmax(np.correlate(found - 100, noise, "full")) == 199  # no shift


def test_the_sample_portrait():
    found = find_landmarks(read_image(PORTRAIT), BOX, FaceMesh())
    assert found.presence > 0.99
    assert (found.pose.yaw, found.pose.pitch, found.pose.roll) == pytest.approx(
        (-1, -2, 3), abs=1.5
    )
    assert found.mar == pytest.approx(0.17, abs=0.03)
    assert np.abs(found.box - BOX).max() < 4
    away = np.array([300, 300, 391, 425], np.float32)
    assert find_landmarks(read_image(PORTRAIT), away, FaceMesh()) is None


def test_only_the_face_of_a_coded_frame_is_converted():
    picture = Picture.of(read_image(PORTRAIT), BT709)
    coded, whole = (Frame(source, 0.0, 0) for source in (picture, picture.bgr()))
    frames = [TrackedFrame(frame, faces=[TrackedFace(0, BOX)]) for frame in (coded, whole)]
    found = [next(track_landmarks([frame])).faces[0].landmarks for frame in frames]
    assert np.abs(found[0].points - found[1].points).max() < 0.01  # px
