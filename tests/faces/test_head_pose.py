import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from wav2lip.faces.head_pose import HeadPose, fit_pose, mean_face


def placed(yaw=0.0, pitch=0.0, roll=0.0, scale=80.0):
    return HeadPose(yaw, pitch, roll, scale, (200, 150, 5)).place(mean_face().vertices)


def test_the_mean_face():
    face = mean_face()
    assert face.vertices.shape == (468, 3)
    assert face.triangles.shape == (852, 3)
    assert np.linalg.norm(face.vertices[33] - face.vertices[263]) == pytest.approx(1)
    assert np.abs(face.vertices[face.mirror] * [-1, 1, 1] - face.vertices).max() < 1e-6
    assert face.vertices[152, 1] > face.vertices[10, 1]  # the chin is below the forehead
    assert face.vertices[4, 2] == face.vertices[:, 2].min()  # the nose is nearest
    assert {33, 263, 133, 362} <= set(face.rigid.tolist())
    assert not {13, 14, 61, 291, 152} & set(face.rigid.tolist())


@pytest.mark.parametrize(
    "angles", [(0, 0, 0), (20, 0, 0), (0, -15, 0), (0, 0, 30), (-35, 12, -50), (70, 5, 170)]
)
def test_a_pose_is_found_again(angles):
    pose = fit_pose(placed(*angles))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=1e-3)
    assert pose.scale == pytest.approx(80, abs=1e-3)
    assert pose.origin == pytest.approx((200, 150, 5), abs=1e-3)


def test_the_signs_of_the_angles():
    nose = mean_face().vertices[4]
    assert placed(yaw=20)[4, 0] > placed()[4, 0]  # to the right of the image
    assert placed(pitch=20)[4, 1] < placed()[4, 1]  # up
    left_eye, right_eye = placed(roll=20)[263], placed(roll=20)[33]
    assert left_eye[1] > right_eye[1]  # clockwise as seen
    assert nose[2] < 0


def test_turning_the_image_changes_roll_alone():
    turned = placed(25, 10, 5) @ Rotation.from_euler("z", 40, degrees=True).as_matrix().T
    pose = fit_pose(turned.astype(np.float32))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((25, 10, 45), abs=1e-3)


def test_face_on_inverts_place():
    pose = HeadPose(30, -10, 20, 120, (5, 6, 7))
    vertices = mean_face().vertices
    assert np.abs(pose.face_on(pose.place(vertices)) - vertices).max() < 1e-4


def test_a_mouth_does_not_change_the_pose():
    points = placed(10, 5, 0)
    points[[13, 14, 17, 152, 61, 291]] += np.float32([0, 20, 5])
    pose = fit_pose(points)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((10, 5, 0), abs=1e-3)
