import numpy as np
import pytest
from motion_clips import closed_face, landmarks, rewritten, write_motion_clip

from wav2lip.clips import ClipFile
from wav2lip.errors import InputError
from wav2lip.faces.front_shapes import front_shapes, mouth_measures
from wav2lip.faces.head_pose import mean_face
from wav2lip.faces.neutral_shape import lower_face

VERTICES = lower_face()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    return folder / write_motion_clip(folder, "one", "train", 0, 1.0).clip


def test_shapes_are_seen_from_the_front_whatever_the_pose(tmp_path, clip):
    mesh = landmarks(np.zeros((25, 1)), yaw=25.0)
    mesh[3] = np.nan
    shapes = front_shapes(ClipFile(rewritten(tmp_path / "turned", clip, mesh)))
    np.testing.assert_allclose(shapes[7], closed_face(), atol=0.01)  # fp16 shares of a box
    assert np.isnan(shapes[3]).all()


def test_a_clip_without_landmarks_is_refused(tmp_path, clip):
    path = rewritten(tmp_path / "bare", clip, None)
    with pytest.raises(InputError, match=r"bare: has no landmarks; preprocess its video with"):
        front_shapes(ClipFile(path))


def test_opening_width_and_jaw_are_measured():
    face = np.repeat(mean_face().vertices[None], 4, axis=0)
    face[1, [14, 87, 317], 1] += 0.1
    face[2, 61, 0] -= 0.05
    face[3, 152, 1] += 0.2
    measures = mouth_measures(face[:, VERTICES], VERTICES)
    changes = measures[1:] - measures[0]
    expected = np.array([[0.1, 0, 0], [0, 0.05, 0], [0, 0, 0.2]])
    np.testing.assert_allclose(changes, expected, atol=0.005)
