import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import cv2
import numpy as np
import pytest
from skimage import data

from wav2lip.errors import InputError
from wav2lip.faces.detectors import build_detector, weights
from wav2lip.faces.detectors.hog import iou

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
    with pytest.raises(InputError, match=r"unknown face detector 'haar': take one of auto, .*hog"):
        build_detector("haar")


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No weights cached, and an address where nobody answers."""
    monkeypatch.setattr(weights.torch.hub, "get_dir", lambda: str(tmp_path))
    nobody = {
        name: tuple(weights.WeightsFile(f.name, ("http://127.0.0.1:9/x",), f.sha256) for f in files)
        for name, files in weights.FILES.items()
    }
    monkeypatch.setattr(weights, "FILES", nobody)
    return tmp_path


@pytest.mark.parametrize(("device", "wanted"), [("cpu", "yunet"), ("cuda", "sfd")])
def test_auto_without_weights_is_hog_said_in_one_line(offline, caplog, device, wanted):
    with caplog.at_level(logging.WARNING):
        assert build_detector("auto", device=device).settings()["detector"] == "hog"
    assert [r.message for r in caplog.records] == [
        f"no weights for the face detector {wanted} here: using dlib's hog"
    ]


def test_a_named_detector_without_weights_is_an_error(offline):
    with pytest.raises(InputError, match="retinaface are neither cached nor reachable: pass"):
        build_detector("retinaface")


def test_a_silent_server_is_not_waited_for(offline, monkeypatch):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        file = weights.WeightsFile("x.onnx", (url,))
        monkeypatch.setattr(weights, "FILES", {"yunet": (file,)})
        monkeypatch.setattr(weights, "ANSWER_TIMEOUT", 0.3)
        start = time.monotonic()
        with pytest.raises(OSError, match="no answer within"):
            weights.find_weights("yunet")
        assert time.monotonic() - start < 3


class Answers(BaseHTTPRequestHandler):
    """The path says what goes wrong."""

    def do_GET(self):
        body = b"<html>sorry</html>" if "page" in self.path else b"weights" * 100
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + (50 if "short" in self.path else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Answers) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


def test_the_next_mirror_is_asked_and_nothing_wrong_is_kept(offline, server, monkeypatch):
    def hosts(*paths: str, sha256=None):
        file = weights.WeightsFile("w.onnx", tuple(server + path for path in paths), sha256)
        monkeypatch.setattr(weights, "FILES", {"yunet": (file,)})

    hosts("page", "short", "right")
    (found,) = weights.find_weights("yunet")
    assert found.read_bytes() == b"weights" * 100
    assert [p.name for p in found.parent.iterdir()] == ["w.onnx"]
    found.unlink()
    hosts("page", "short")
    with pytest.raises(OSError, match=r"web page.*broke off after 700 of 750 bytes"):
        weights.find_weights("yunet")
    hosts("right", sha256="0" * 64)
    with pytest.raises(OSError, match="another file than expected"):
        weights.find_weights("yunet")
    assert list(found.parent.iterdir()) == []


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
