"""Against a server on this machine that cuts, lies and serves pages."""

import hashlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from wav2lip.checkpoints import CHECKPOINTS, DETECTOR_WEIGHTS, RemoteFile, load_network, mirror
from wav2lip.checkpoints.downloads import cache_folder, fetch
from wav2lip.errors import InputError
from wav2lip.models import SyncNet

CONTENT = bytes(range(256)) * 4000  # 1 MB
CUT = 300_000  # bytes of an answer before the server cuts the connection


class Handler(BaseHTTPRequestHandler):
    content = CONTENT
    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        Handler.asked.append((self.path, wanted))
        body, start = self.content, 0
        if self.path == "/missing":
            return self.send_error(404)
        if self.path == "/page":
            return self.answer(200, b"<html>Sign in</html>", "text/html")
        if self.path == "/page-as-binary":
            page = b"<!doctype html>" + b" " * (len(body) - 15)
            return self.answer(200, page, "application/octet-stream")
        if self.path == "/other":
            body = bytes(len(body))
        if self.path == "/nonsense":
            return self.answer(200, body, "binary/octet-stream", "abc")
        if self.path == "/trickle":
            return self.trickle(body)
        if self.path == "/short":
            body = body[:1000]
        if self.path == "/again":  # a little more each time, and always from the start
            sent = body[: 30_000 * len(Handler.asked)]
            return self.answer(200, sent, "binary/octet-stream", len(body))
        if wanted and self.path != "/cut-no-range":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        keep = len(body)
        if self.path == "/cut" or (self.path == "/cut-no-range" and len(Handler.asked) < 3):
            keep = start + CUT
        status = 206 if start else 200
        return self.answer(status, body[start:keep], "binary/octet-stream", len(body) - start)

    def answer(self, status: int, body: bytes, kind: str, length: object = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def trickle(self, body: bytes) -> None:
        self.answer(200, body[:1], "binary/octet-stream", len(body))
        for k in range(1, 200):
            time.sleep(0.02)
            try:
                self.wfile.write(body[k : k + 1])
            except OSError:  # the client gave up
                return

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Handler.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def remote(*urls: str) -> RemoteFile:
    return RemoteFile("a.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), urls)


def test_a_file_is_fetched_once(server, tmp_path):
    path = fetch(remote(f"{server}/good"), tmp_path / "cache")
    assert path == tmp_path / "cache" / "a.bin"
    assert path.read_bytes() == CONTENT
    fetch(remote(f"{server}/good"), tmp_path / "cache")
    assert Handler.asked == [("/good", None)]
    assert [p.name for p in path.parent.iterdir()] == ["a.bin"]


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    (tmp_path / "a.bin").write_bytes(bytes(len(CONTENT)))
    assert fetch(remote(f"{server}/good"), tmp_path).read_bytes() == CONTENT


def test_a_cut_connection_is_resumed_where_it_was_cut(server, tmp_path):
    assert fetch(remote(f"{server}/cut"), tmp_path).read_bytes() == CONTENT
    starts = [None, *(f"bytes={CUT * i}-" for i in (1, 2, 3))]
    assert Handler.asked == [("/cut", start) for start in starts]


def test_a_server_without_ranges_starts_over(server, tmp_path):
    assert fetch(remote(f"{server}/cut-no-range"), tmp_path).read_bytes() == CONTENT
    assert len(Handler.asked) == 3


def test_the_next_run_resumes_what_the_last_one_left(server, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    assert fetch(remote(f"{server}/good"), tmp_path).read_bytes() == CONTENT
    assert Handler.asked == [("/good", "bytes=1000-")]


def test_the_next_mirror_helps_out(server, tmp_path):
    bad = ("/missing", "/page", "/page-as-binary", "/short", "/other")
    urls = ["http://127.0.0.1:9/closed", *(server + path for path in bad), f"{server}/good"]
    assert fetch(remote(*urls), tmp_path, answer_timeout=2).read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/missing", "404"),
        ("/page", "web page"),
        ("/page-as-binary", "web page"),
        ("/short", "1000 bytes instead of 1024000"),
        ("/other", "sha256 differs"),
        ("/nonsense", "Content-Length of 'abc'"),
    ],
)
def test_why_a_mirror_failed_and_what_to_do(server, path, reason, tmp_path):
    with pytest.raises(InputError) as caught:
        fetch(remote(server + path), tmp_path)
    message = str(caught.value)
    assert reason in message
    assert f"by hand from {server}{path} and save it as {tmp_path / 'a.bin'}" in message
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "PAUSE", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(InputError, match=r"no answer within 0.1 s"):
            fetch(remote(url), tmp_path, answer_timeout=0.1)


def test_a_server_that_trickles_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "PATIENCE", 0.2)
    start = time.monotonic()
    with pytest.raises(InputError, match="sends less than 30 kB per second"):
        fetch(remote(f"{server}/trickle"), tmp_path)
    assert time.monotonic() - start < 2
    assert fetch(remote(f"{server}/trickle", f"{server}/good"), tmp_path).read_bytes() == CONTENT


def test_headers_that_trickle_are_given_up(tmp_path):
    def trickle(silent: socket.socket) -> None:
        connection, _ = silent.accept()
        with connection:
            for _ in range(50):
                try:
                    connection.send(b"H")
                except OSError:
                    return
                time.sleep(0.02)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=trickle, args=(silent,), daemon=True).start()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(InputError, match=r"no answer within 0.2 s"):
            fetch(remote(url), tmp_path, answer_timeout=0.2)


def test_a_folder_in_the_file_s_place(server, tmp_path):
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(InputError, match=r"a\.bin: is a folder, where a file is to be saved"):
        fetch(remote(f"{server}/good"), tmp_path)
    assert Handler.asked == []


def test_a_file_without_a_hash_is_never_downloaded(server, tmp_path):
    file = RemoteFile("a.bin", 0, "", (f"{server}/good",))
    with pytest.raises(InputError, match="its hash is not known, so it is not downloaded; save"):
        fetch(file, tmp_path)
    assert Handler.asked == []


def test_every_download_of_the_registry_can_be_verified():
    files = [*CHECKPOINTS.values(), *(f for files in DETECTOR_WEIGHTS.values() for f in files)]
    for file in files:
        assert file.verifiable or not file.urls
        assert not file.sha256 or len(bytes.fromhex(file.sha256)) == 32
        assert all(url.startswith("https://") for url in file.urls)
    assert len({file.name for file in files}) == len(files)


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("WAV2LIP_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "wav2lip"
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="WAV2LIP_CACHE"):
        fetch(remote("http://127.0.0.1:9/a"), tmp_path / "file" / "cache")


def test_a_name_is_downloaded_checked_and_loaded(server, tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = SyncNet()
    torch.save({"state_dict": network.state_dict(), "global_step": 1}, tmp_path / "x.pth")
    content = (tmp_path / "x.pth").read_bytes()
    monkeypatch.setattr(Handler, "content", content)
    digest = hashlib.sha256(content).hexdigest()
    file = RemoteFile("expert.pth", len(content), digest, (f"{server}/good",))
    monkeypatch.setitem(CHECKPOINTS, "expert", file)
    monkeypatch.setenv("WAV2LIP_CACHE", str(tmp_path / "cache"))
    loaded = load_network("expert", "syncnet")
    assert loaded.sha256 == digest
    assert loaded.path == tmp_path / "cache" / "expert.pth"
    key = "face_encoder.1.conv_block.0.weight"
    assert torch.equal(loaded.network.state_dict()[key], network.state_dict()[key])


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch):
    def refuse(*_: object):
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("WAV2LIP_CACHE", raising=False)
    monkeypatch.setattr("pwd.getpwuid", refuse)
    with pytest.raises(InputError, match="no such home; set WAV2LIP_CACHE to a folder"):
        cache_folder()


def test_a_planted_link_at_the_name_of_the_partial_file_is_not_followed(server, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("kept")
    part = tmp_path / "a.bin.part"
    for plant in (
        lambda: part.symlink_to(victim),
        lambda: part.hardlink_to(victim),
        lambda: os.mkfifo(part),
    ):
        plant()
        with pytest.raises(InputError, match=r"a\.bin\.part: was not written by this program"):
            fetch(remote(f"{server}/good"), tmp_path)
        part.unlink()
    assert victim.read_text() == "kept"
    assert Handler.asked == []


def test_a_second_download_of_a_file_waits_for_the_first(server, tmp_path, caplog):
    """The first one holds the file half-way, and is then killed."""
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    holder = subprocess.Popen(
        ["flock", "--exclusive", str(tmp_path / "a.bin.part"), "sh", "-c", "echo; sleep 60"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()  # it has the lock
    found: list[Path] = []
    file = remote(f"{server}/good")
    waiting = threading.Thread(target=lambda: found.append(fetch(file, tmp_path)))
    waiting.start()
    deadline = time.monotonic() + 10
    while "another process downloads" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.02)
    assert Handler.asked == []
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    waiting.join()
    assert found[0].read_bytes() == CONTENT
    assert Handler.asked == [("/good", "bytes=1000-")]


def test_downloads_at_the_same_time_fetch_the_file_once(server, tmp_path):
    file = remote(f"{server}/cut-no-range")
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch(file, tmp_path))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tmp_path / "a.bin"] * 4
    assert found[0].read_bytes() == CONTENT
    assert len(Handler.asked) == 3  # one download, cut twice
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_server_that_starts_over_again_and_again_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "CHUNK", 20_000)
    with pytest.raises(InputError, match="starts over again and again"):
        fetch(remote(f"{server}/again"), tmp_path)
    assert len(Handler.asked) < 20
