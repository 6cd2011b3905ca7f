import cv2
import numpy as np
import pytest

from wav2lip.faces.fading import mask_faces
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.media.frame import Frame

EMPTY = np.zeros((200, 200, 3), np.uint8)
BOX = np.array([40, 30, 160, 170], np.float32)


def turned(yaw):
    return Landmarks(HeadPose(yaw, 0, 0, 80.0, (100.0, 60.0, 0.0)).place(mean_face().vertices))


def masks(yaws, shots=None, max_yaw=50.0):
    """Masks of one track; None among the yaws is a face without landmarks."""
    frames = []
    for i, yaw in enumerate(yaws):
        shot = shots[i] if shots else 0
        landmarks = None if yaw is None else turned(yaw)
        frames.append(TrackedFrame(Frame(EMPTY, i / 25, i), shot, [TrackedFace(0, BOX, landmarks)]))
    return [frame.faces[0].mask for frame in mask_faces(frames, max_yaw)]


def weights(yaws, shots=None, max_yaw=50.0):
    return [round(mask.weight, 2) for mask in masks(yaws, shots, max_yaw)]


def test_a_frontal_face_has_its_whole_weight():
    found = masks([0, 20, -45, 0])
    assert [mask.weight for mask in found] == [1.0] * 4
    assert not any(mask.turned for mask in found)
    assert all(mask.outline.shape == (34, 2) for mask in found)


@pytest.mark.parametrize("yaw", [60, -60])
def test_a_turned_face_fades_within_five_frames(yaw):
    found = weights([0] * 8 + [yaw] * 3 + [0] * 8)
    ramp = [1.0, 1.0, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2]
    assert found == [*ramp, 0.0, 0.0, 0.0, *ramp[::-1]]
    assert [mask.turned for mask in masks([0, yaw, 0])] == [False, True, False]


def test_the_limit_is_a_setting():
    assert weights([60] * 3, max_yaw=90.0) == [1.0] * 3
    assert weights([30] * 3, max_yaw=20.0) == [0.0] * 3


def test_a_cut_ends_the_fade():
    assert weights([0, 0, 60, 60, 0, 0], shots=[0, 0, 1, 1, 2, 2]) == [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]


def test_a_mesh_that_is_lost_in_a_turn_counts_as_turned():
    assert [mask.turned for mask in masks([None, 0, 60, None, None, 0])] == [
        *(False, False, True),
        *(True, True, False),
    ]
    assert masks([None])[0].outline is None
    assert weights([None] * 2) == [1.0, 1.0]


def test_tracks_fade_on_their_own():
    faces = [TrackedFace(0, BOX, turned(60)), TrackedFace(1, BOX, turned(0))]
    frame = TrackedFrame(Frame(EMPTY, 0.0, 0), 0, faces)
    assert [face.mask.weight for face in next(mask_faces([frame], 50.0)).faces] == [0.0, 1.0]
    assert [face.mask for face in faces] == [None, None]


def dark_mouth(points):
    """A grey face with a dark disc over its mouth."""
    image = np.full_like(EMPTY, 140)
    x, y = points[13, :2]
    return cv2.circle(image, (round(x), round(y)), 45, (20, 20, 20), -1)


def test_a_covered_mouth_fades_and_a_lost_mesh_stays_covered():
    face = turned(0)
    frames = []
    for i in range(26):
        covered = 16 <= i < 20
        image = dark_mouth(face.points) if covered else np.full_like(EMPTY, 140)
        known = None if i in (18, 19) else face
        frames.append(TrackedFrame(Frame(image, i / 25, i), 0, [TrackedFace(0, BOX, known)]))
    found = [frame.faces[0].mask for frame in mask_faces(frames, 50.0)]
    assert [i for i, mask in enumerate(found) if mask.occluded] == [16, 17, 18, 19]
    weights_found = [round(mask.weight, 1) for mask in found]
    assert weights_found[10:] == [
        *(1, 1, 0.8, 0.6, 0.4, 0.2),
        0,
        0,
        0,
        0,
        *(0.2, 0.4, 0.6, 0.8, 1, 1),
    ]
    off = [frame.faces[0].mask for frame in mask_faces(frames, 50.0, occluders=False)]
    assert [mask.weight for mask in off] == [1.0] * 26


@pytest.mark.parametrize(("frames", "occluded"), [(1, False), (2, False), (3, True)])
def test_what_covers_a_mouth_briefly_does_not_count(frames, occluded):
    face, grey = turned(0), np.full_like(EMPTY, 140)
    images = [grey] * 16 + [dark_mouth(face.points)] * frames + [grey] * 8
    tracked = [
        TrackedFrame(Frame(image, i / 25, i), 0, [TrackedFace(0, BOX, face)])
        for i, image in enumerate(images)
    ]
    found = [frame.faces[0].mask for frame in mask_faces(tracked, 50.0)]
    assert len(found) == len(images)
    assert [mask.occluded for mask in found] == [
        *[False] * 16,
        *[occluded] * frames,
        *[False] * 8,
    ]
    assert min(mask.weight for mask in found) == (0.0 if occluded else 1.0)


def test_a_mesh_that_is_lost_under_a_microphone_counts_as_covered():
    face, grey = turned(0), np.full_like(EMPTY, 140)
    x, y = face.points[61, :2]
    microphone = cv2.circle(grey.copy(), (round(x), round(y)), 20, (20, 20, 20), -1)
    tracked = [
        TrackedFrame(
            Frame(microphone if i >= 16 else grey, i / 25, i),
            0,
            [TrackedFace(0, BOX, None if i == 22 else face)],
        )
        for i in range(30)
    ]
    found = [frame.faces[0].mask for frame in mask_faces(tracked, 50.0)]
    assert found[21].hidden is not None
    assert not found[21].covered
    assert found[22].covered
    assert found[22].weight == 0
