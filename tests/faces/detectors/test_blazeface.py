import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.boxes import iou
from wav2lip.faces.detectors.blazeface import BlazeFaceDetector, tiles
from wav2lip.synthetic.clips import synthesize

FACE = np.array([180, 57, 271, 177])  # px in the astronaut's picture: mid-forehead to chin


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()[..., ::-1].copy()


@pytest.fixture(scope="module")
def detector():
    return BlazeFaceDetector()


def test_the_face_is_found(astronaut, detector):
    found = detector.detect(astronaut)
    assert found.shape == (1, 5)
    assert found.dtype == np.float32
    assert np.abs(found[0, :4] - FACE).max() < 6
    assert found[0, 4] == pytest.approx(0.94, abs=0.01)


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0])
def test_the_box_follows_the_size_of_the_picture(astronaut, detector, scale):
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    found = detector.detect(cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=method))
    assert np.abs(found[0, :4] / scale - FACE).max() < 8


@pytest.mark.parametrize("degrees", [-45, 30])
def test_a_tilted_head_is_found(astronaut, detector, degrees):
    middle = (226.0, 116.0)
    turned = cv2.warpAffine(astronaut, cv2.getRotationMatrix2D(middle, degrees, 1), (512, 512))
    found = detector.detect(turned)
    assert iou(FACE, found)[0] > 0.6


def test_a_face_that_fills_the_frame_is_found(astronaut, detector):
    found = detector.detect(astronaut[60:195, 160:285])
    assert np.abs(found[0, :4] + [160, 60, 160, 60] - FACE).max() < 10


def test_a_face_of_30_pixels_in_full_hd_is_found(astronaut, detector):
    frame = np.full((1080, 1920, 3), 120, np.uint8)
    small = cv2.resize(astronaut, None, fx=30 / 91, fy=30 / 91, interpolation=cv2.INTER_AREA)
    frame[500 : 500 + len(small), 900 : 900 + len(small)] = small
    found = detector.detect(frame)
    assert np.abs(found[0, :4] - [959, 519, 989, 559]).max() < 4


def test_two_faces(astronaut, detector):
    both = np.concatenate([astronaut[:320], astronaut[:320, ::-1]], axis=1)
    found = detector.detect(both)
    assert sorted(np.round(found[:, 0] / 10).astype(int).tolist()) == [18, 75]


def test_no_face(detector):
    assert detector.detect(np.full((240, 320, 3), 90, np.uint8)).shape == (0, 5)


def test_black_and_white_and_dark_pictures(astronaut, detector):
    gray = cv2.cvtColor(cv2.cvtColor(astronaut, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    for picture in (gray, astronaut // 6):
        assert np.abs(detector.detect(picture)[0, :4] - FACE).max() < 8


def test_a_known_face_is_found_where_it_moved_to(astronaut, detector):
    known = detector.detect(astronaut)
    moved = np.roll(astronaut, (6, -9), (0, 1))
    again = detector.redetect(moved, known)
    assert np.abs(again[0, :4] - known[0, :4] - [-9, 6, -9, 6]).max() < 2
    assert again[0, 4] == known[0, 4]
    assert detector.redetect(np.full_like(astronaut, 90), known).shape == (0, 5)
    assert detector.redetect(astronaut, np.zeros((0, 5), np.float32)).shape == (1, 5)


def test_drawn_faces_are_found(detector):
    for seed in (1, 2):
        (face,) = detector.detect(synthesize(seed, 0.2, size=200).frames[2])
        assert np.abs(face[:4] - [56, 44, 144, 162]).max() < 6


def test_tiles_cover_a_frame():
    covered = np.zeros((108, 192), bool)
    for left, top, side in tiles(108, 192):
        assert side == 65
        covered[top : top + side, left : left + side] = True
    assert covered.all()
    assert len(tiles(108, 192)) == 8
