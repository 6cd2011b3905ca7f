import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from wav2lip.checkpoints import DETECTOR_WEIGHTS, RemoteFile, mirror
from wav2lip.errors import InputError
from wav2lip.faces.detectors import weights
from wav2lip.faces.detectors.weights import find_weights

CONTENT = b"weights" * 100


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(weights.torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    return tmp_path / "checkpoints"


def hosts(monkeypatch, *urls: str, content=CONTENT):
    file = RemoteFile("w.onnx", len(content), hashlib.sha256(content).hexdigest(), urls)
    monkeypatch.setitem(DETECTOR_WEIGHTS, "yunet", (file,))


def test_a_silent_server_is_not_waited_for(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts(monkeypatch, *[f"http://127.0.0.1:{silent.getsockname()[1]}/x"] * 2)
        monkeypatch.setattr(weights, "ANSWER_TIMEOUT", 0.4)
        start = time.monotonic()
        with pytest.raises(InputError, match=r"no answer within 0.2 s"):
            find_weights("yunet")
        assert time.monotonic() - start < 3


def test_offline_costs_six_seconds_at_most():
    assert weights.ANSWER_TIMEOUT <= 6


class Answers(BaseHTTPRequestHandler):
    """The path says what goes wrong."""

    def do_GET(self):
        body = b"<html>sorry</html>" if "page" in self.path else CONTENT
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


def test_the_next_mirror_is_asked_and_nothing_wrong_is_kept(folder, server, monkeypatch):
    hosts(monkeypatch, server + "page", server + "short", server + "right")
    (found,) = find_weights("yunet")
    assert found.read_bytes() == CONTENT
    assert [p.name for p in folder.iterdir()] == ["w.onnx"]
    found.unlink()
    hosts(monkeypatch, server + "page", server + "short")
    with pytest.raises(InputError, match=r"serves 18 bytes instead of 700.*serves 750 bytes"):
        find_weights("yunet")
    hosts(monkeypatch, server + "right", content=b"another" * 100)
    with pytest.raises(InputError, match="another file"):
        find_weights("yunet")
    assert list(folder.iterdir()) == []


def test_a_file_without_a_hash_is_used_if_it_is_there(folder, monkeypatch):
    files = (RemoteFile("w.pth", 0, "", ()), RemoteFile("anchors.npy", 0, "", ()))
    monkeypatch.setitem(DETECTOR_WEIGHTS, "yunet", files)
    with pytest.raises(InputError, match=r"w.pth: its hash is not known"):
        find_weights("yunet")
    folder.mkdir()
    for name in ("w.pth", "anchors.npy"):
        (folder / name).write_bytes(CONTENT)
    assert [path.name for path in find_weights("yunet")] == ["w.pth", "anchors.npy"]
