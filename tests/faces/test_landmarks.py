import numpy as np
import pytest
from rendered_head import RenderedHead, head_pose

from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh


@pytest.fixture(scope="module")
def head():
    return RenderedHead()


@pytest.fixture(scope="module")
def measure():
    detector, mesh = BlazeFaceDetector(), FaceMesh()

    def run(picture):
        (box,) = detector.detect(picture)
        first = find_landmarks(picture, box[:4], mesh)
        return find_landmarks(picture, box[:4], mesh, first)

    return run


def drawn(changes):
    """The mean face 100 px between the eyes at (200, 200), with some points moved (in pixels)."""
    points = mean_face().vertices * 100 + np.float32([200, 200, 0])
    for point, move in changes.items():
        points[point] += np.float32(move)
    return Landmarks(points.astype(np.float32))


def test_measures_of_known_points():
    face = drawn({})
    lips = {13: (0, 0, 0), 14: (0, 0, 0)}
    assert face.inter_ocular == pytest.approx(100, abs=1e-3)
    closed = drawn(lips).lip_gap
    opened = drawn({14: (0, 30, 0), 87: (0, 30, 0), 317: (0, 30, 0)})
    assert opened.lip_gap == pytest.approx(closed + 30, abs=0.5)
    assert opened.lip_opening == pytest.approx(opened.lip_gap / 100, abs=1e-4)
    assert opened.mar / face.mar == pytest.approx(opened.lip_gap / face.lip_gap, abs=1e-4)
    wide = drawn({61: (-10, 0, 0), 291: (10, 0, 0)})
    assert wide.mouth_width == pytest.approx(face.mouth_width + 0.2, abs=1e-3)


def test_a_mouth_does_not_move_the_box():
    moved = dict.fromkeys((14, 87, 317, 17, 152, 148, 377), (0, 25, 0))
    assert drawn(moved).box == pytest.approx(drawn({}).box, abs=1e-3)


def test_what_the_camera_sees():
    front = drawn({})
    assert front.visibility((400, 400)) > 0.95
    assert front.visibility((400, 200)) == pytest.approx(0.5, abs=0.06)
    turned = Landmarks(head_pose(yaw=60).place(mean_face().vertices))
    seen = turned.visible((400, 400))
    assert not seen[454]  # the person's left ear side is turned away
    assert seen[234]
    assert seen[4]


@pytest.mark.parametrize("gap", [0.03, 0.1, 0.15])
def test_the_mouth_of_a_rendered_head(head, measure, gap):
    picture, truth = head.render(head_pose(), head.with_mouth(gap))
    found = measure(picture)
    assert abs(found.mar - truth.mar) <= 0.05
    assert abs(found.lip_opening - truth.lip_opening) <= 0.03
    assert np.abs(found.points - truth.points)[:, :2].mean() < 1.5  # px


def test_a_wider_open_mouth_is_measured_wider(head, measure):
    pictures = [head.render(head_pose(), head.with_mouth(gap)) for gap in (0, 0.05, 0.1, 0.2, 0.3)]
    true = [truth.mar for _, truth in pictures]
    found = [measure(picture).mar for picture, _ in pictures]
    assert true == sorted(true)
    assert found == sorted(found)


@pytest.fixture(scope="module")
def straight(head, measure):
    return measure(head.render(head_pose())[0]).pose


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"),
    [(8, 0, 0), (-8, 0, 0), (0, 10, 0), (0, -10, 0), (0, 0, 20), (0, 0, -20), (6, -6, 12)],
)
def test_a_turn_of_a_rendered_head(head, measure, straight, yaw, pitch, roll):
    pose = measure(head.render(head_pose(yaw, pitch, roll))[0]).pose
    assert abs(pose.yaw - straight.yaw - yaw) <= 3
    assert abs(pose.pitch - straight.pitch - pitch) <= 3
    assert abs(pose.roll - straight.roll - roll) <= 3
