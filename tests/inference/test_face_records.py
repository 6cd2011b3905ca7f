import numpy as np
import pytest

from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace, TrackedFrame
from wav2lip.inference.face_records import FaceRecords
from wav2lip.media.frame import Frame

BOX = np.array([1, 2, 30, 40], np.float32)
HIDDEN = np.array([[3, 4]], np.float32)


def frame(index):
    return Frame(np.zeros((2, 2, 3), np.uint8), 0.0, index)


@pytest.mark.parametrize("landmarks", [True, False])
def test_each_frame_has_its_own_record(landmarks):
    records = FaceRecords(landmarks)
    mesh = Landmarks(np.ones((468, 3), np.float32), 0.8)
    face = TrackedFace(4, BOX, mesh, mask=FaceMask(hidden=HIDDEN))
    detections = np.array([[1, 2, 30, 40, 0.5], [9, 9, 20, 20, 0.25]], np.float32)
    records.add(TrackedFrame(frame(0)))
    records.add(TrackedFrame(frame(5), 2, [face, TrackedFace(1, BOX)], detections))
    shot, (first, second), found = records.get(5)
    assert (shot, first.track, second.track, second.mask) == (2, 4, 1, None)
    assert (first.landmarks is not None) is landmarks
    np.testing.assert_array_equal(first.mask.hidden, HIDDEN)
    np.testing.assert_array_equal(found, detections)
    shot, faces, found = records.get(0)
    assert (shot, faces, found.shape) == (0, [], (0, 5))
    with pytest.raises(KeyError):
        records.get(1)
