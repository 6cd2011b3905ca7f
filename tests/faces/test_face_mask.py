from dataclasses import replace

import cv2
import numpy as np
import pytest

from wav2lip.faces.blending import lower_face_mask
from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import FaceMask, lower_face_outline
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmarks import Landmarks

SIZE = (200, 200)  # px


def landmarks(yaw=0.0, pitch=0.0, roll=0.0, gap=0.0):
    pose = HeadPose(yaw, pitch, roll, 80.0, (100.0, 60.0, 0.0))
    points = mean_face().vertices.copy()
    points[points[:, 1] > 0.8, 1] += gap
    return Landmarks(pose.place(points))


def masks(face):
    """The fixed mask and that of the mesh, in the whole frame."""
    crop = Crop.of_box(face.box)
    full = []
    for face_mask in (None, FaceMask.of(face)):
        rows, columns, mask = lower_face_mask(crop, SIZE, face_mask)
        full.append(np.zeros(SIZE, np.float32))
        full[-1][rows, columns] = mask
    return full


def at(mask, face, point):
    x, y = face.points[point, :2]
    return mask[int(y), int(x)]


@pytest.mark.parametrize("pose", [{}, {"yaw": 30}, {"yaw": -40}, {"roll": 20}, {"pitch": 20}])
def test_lips_are_replaced_and_eyes_stay(pose):
    face = landmarks(**pose)
    fixed, mesh = masks(face)
    assert min(at(mesh, face, p) for p in (13, 14, 17, 61, 291)) > 0.85
    assert max(at(mesh, face, p) for p in (159, 386, 6)) == 0
    assert (mesh <= fixed).all()


@pytest.mark.parametrize("yaw", [-50, -35, 35, 50])
def test_less_lies_beside_a_turned_head(yaw):
    face = landmarks(yaw=yaw)
    fixed, mesh = masks(face)
    head = np.zeros(SIZE, np.uint8)
    cv2.fillConvexPoly(head, np.rint(cv2.convexHull(face.points[:, :2].copy())).astype(int), 1)
    assert mesh[head == 0].sum() < 0.8 * fixed[head == 0].sum()


def test_the_outline_has_room_below_the_chin():
    face = landmarks()
    outline = lower_face_outline(face)
    assert outline.shape == (34, 2)
    chin = face.points[152]
    assert outline[9].tolist() == pytest.approx([chin[0], chin[1] + 0.15 * 80], abs=0.01)
    assert outline[0].tolist() == pytest.approx(face.points[93, :2].tolist(), abs=0.01)


def test_an_open_mouth_is_covered():
    face = landmarks(gap=0.2)
    assert lower_face_outline(face)[9, 1] == pytest.approx(face.points[152, 1] + 12, abs=1)


def test_a_face_beside_the_frame():
    face = landmarks()
    away = Landmarks(face.points + np.array([400, 0, 0], np.float32))
    *_, mask = lower_face_mask(Crop.of_box(away.box), SIZE, FaceMask.of(away))
    assert not mask.size or not mask.any()


def test_the_source_stays_where_something_covers_the_face():
    face = landmarks()
    crop = Crop.of_box(face.box)
    hidden = replace(FaceMask.of(face), hidden=face.points[[199, 200], :2])
    rows, columns, mask = lower_face_mask(crop, SIZE, hidden)
    full = np.zeros(SIZE, np.float32)
    full[rows, columns] = mask
    assert max(at(full, face, p) for p in (199, 200)) < 0.15
    assert min(at(full, face, p) for p in (13, 61, 291)) > 0.95
    assert (hidden.occluded, FaceMask.of(face).occluded) == (True, False)
