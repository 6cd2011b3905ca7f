import numpy as np
import pytest
from skimage import data

from wav2lip.errors import InputError
from wav2lip.faces.boxes import iou
from wav2lip.faces.detectors import HogDetector, build_detector

FACE = np.array([180, 57, 271, 177])  # px in the astronaut's picture: mid-forehead to chin


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()[..., ::-1].copy()


@pytest.fixture(scope="module")
def hog():
    return HogDetector()


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
