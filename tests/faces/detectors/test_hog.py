from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.faces.detectors import HogDetector

FACE = np.array([180, 57, 271, 177])  # px in the astronaut's picture: mid-forehead to chin


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()[..., ::-1].copy()


@pytest.fixture(scope="module")
def hog():
    return HogDetector()


def test_hog_finds_the_face(astronaut, hog):
    found = hog.detect(astronaut)
    assert found.shape == (1, 5)
    assert found.dtype == np.float32
    assert np.abs(found[0, :4] - FACE).max() < 10


@pytest.mark.parametrize("scale", [0.4, 0.5, 1.7, 3.0])
def test_the_box_follows_the_size_of_the_picture(astronaut, hog, scale):
    found = hog.detect(cv2.resize(astronaut, None, fx=scale, fy=scale))
    assert np.abs(found[0, :4] / scale - FACE).max() < 12


def test_a_face_that_fills_the_frame_is_found(astronaut, hog):
    found = hog.detect(astronaut[60:195, 160:285])
    assert np.abs(found[0, :4] + [160, 60, 160, 60] - FACE).max() < 15


def test_no_face(hog):
    assert hog.detect(np.full((240, 320, 3), 90, np.uint8)).shape == (0, 5)


def test_detectors_in_several_threads_do_not_disturb_each_other(astronaut):
    pictures = [astronaut, astronaut[::-1].copy(), astronaut[:, ::-1].copy()] * 2
    alone = [HogDetector().detect(picture) for picture in pictures]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda picture: HogDetector().detect(picture), pictures))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)
