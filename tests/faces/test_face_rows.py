import numpy as np
import pytest

from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.face_rows import BARE, ROW, faces_from_rows, faces_to_rows
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.tracked_frame import TrackedFace

BOX = np.array([1, 2, 30, 40], np.float32)
POINTS = np.arange(1404, dtype=np.float32).reshape(468, 3)
OUTLINE = np.arange(68, dtype=np.float32).reshape(34, 2)
HIDDEN = np.array([[3, 4], [5, 6]], np.float32)
FULL = TrackedFace(
    7,
    BOX,
    Landmarks(POINTS, 0.9),
    Crop(1.1, 2.2, 3.3, 4.4, 5.5),
    FaceMask(OUTLINE, 0.1, 0.4, True, HIDDEN, False),
)
PLAIN = TrackedFace(1, BOX)
COVERED = TrackedFace(2, BOX, mask=FaceMask(covered=True))


def restored(faces, landmarks=True):
    return faces_from_rows(*faces_to_rows(faces, landmarks=landmarks))


def test_faces_come_back_to_the_bit():
    plain, full, covered = restored([PLAIN, FULL, COVERED])
    assert (plain.track, plain.landmarks, plain.aligned, plain.mask) == (1, None, None, None)
    assert covered.mask == FaceMask(covered=True)
    assert (full.track, full.aligned, full.landmarks.presence) == (7, FULL.aligned, 0.9)
    assert (full.mask.unit, full.mask.weight, full.mask.turned, full.mask.covered) == (
        0.1,
        0.4,
        True,
        False,
    )
    for old, new in (
        (BOX, full.box),
        (POINTS, full.landmarks.points),
        (OUTLINE, full.mask.outline),
        (HIDDEN, full.mask.hidden),
    ):
        np.testing.assert_array_equal(old, new)
        assert new.dtype == np.float32


def test_without_landmarks_a_row_is_small():
    (full,) = restored([FULL], landmarks=False)
    assert (full.landmarks, full.aligned) == (None, FULL.aligned)
    assert (BARE.itemsize, ROW.itemsize) == (364, 5988)


def test_no_face():
    assert restored([]) == []


def test_hidden_points_that_do_not_fit():
    rows, hidden = faces_to_rows([FULL, PLAIN])
    with pytest.raises(ValueError, match="do not fit"):
        faces_from_rows(rows, hidden[1:])
    rows["hidden"] = [3, -1]
    with pytest.raises(ValueError, match="do not fit"):
        faces_from_rows(rows, hidden)
