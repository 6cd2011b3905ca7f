import logging
from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.checkpoints import DETECTOR_WEIGHTS
from wav2lip.errors import InputError
from wav2lip.faces.boxes import iou
from wav2lip.faces.detectors import build_detector, weights

FACE = np.array([180, 57, 271, 177])  # px in the astronaut's picture: mid-forehead to chin


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()[..., ::-1].copy()


@pytest.fixture(scope="module")
def hog():
    return build_detector("hog")


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


def test_unknown_detector_lists_the_names():
    with pytest.raises(
        InputError, match=r"unknown face detector 'haar'; choose one of auto, .*hog"
    ):
        build_detector("haar")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No weights cached, and an address where nobody answers."""
    monkeypatch.setattr(weights.torch.hub, "get_dir", lambda: str(tmp_path))
    for name, files in DETECTOR_WEIGHTS.items():
        gone = tuple(replace(f, urls=("http://127.0.0.1:9/x",) if f.urls else ()) for f in files)
        monkeypatch.setitem(DETECTOR_WEIGHTS, name, gone)
    return tmp_path


def test_auto_on_a_gpu_without_weights_is_hog_said_in_one_line(offline, caplog):
    with caplog.at_level(logging.WARNING):
        assert build_detector("auto", device="cuda").settings()["detector"] == "hog"
    assert [r.message for r in caplog.records] == [
        "no weights for the face detector sfd; using dlib's hog"
    ]


def test_auto_on_a_cpu_is_hog_and_downloads_nothing(monkeypatch, caplog):
    monkeypatch.setattr(weights, "fetch", None)
    assert build_detector("auto").settings()["detector"] == "hog"
    assert caplog.records == []


def test_a_named_detector_without_weights_is_an_error(offline):
    with pytest.raises(InputError, match="retinaface are neither cached nor reachable; give"):
        build_detector("retinaface")
    with pytest.raises(InputError, match=r"blazeface.pth: its hash is not known, so it is not do"):
        build_detector("blazeface")


@pytest.mark.parametrize("name", ["sfd", "yunet", "retinaface", "scrfd"])
def test_foreign_weights_are_named(tmp_path, name):
    path = tmp_path / "weights.bin"
    path.write_text("no weights at all")
    with pytest.raises(InputError, match=f"weights.bin: not weights of the face detector {name}"):
        build_detector(name, path)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(InputError, match=r"gone.pth: no such file; sfd needs"):
        build_detector("sfd", tmp_path / "gone.pth")


@pytest.mark.parametrize(
    ("name", "file"),
    [("retinaface", "retinaface_mobilenet0.25.pth"), ("scrfd", "scrfd_2.5g_bnkps.onnx")],
)
def test_detectors_agree_on_the_box(shared, astronaut, hog, name, file):
    detector = build_detector(name, shared / "weights" / file)
    face = detector.detect(astronaut)[0]
    assert np.abs(face[:4] - FACE).max() < 8
    assert iou(face, hog.detect(astronaut))[0] > 0.7
    filled = detector.detect(astronaut[60:195, 160:285])[0]
    assert np.abs(filled[:4] + np.array([160, 60, 160, 60]) - FACE).max() < 15
