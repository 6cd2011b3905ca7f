"""The whole server in a process of its own, with the bundled generator."""

import io
import json
import os
import re
import shlex
import signal
import socket
import sys
import time
import wave
from pathlib import Path

import av
import pytest

from tests.web.bad_uploads import bad_uploads
from tests.web.running_server import RunningServer

ROOT = Path(__file__).resolve().parents[2]
FACE = ROOT / "data" / "astronaut.jpg"
TOKEN = "a token for the test"

pytestmark = pytest.mark.slow


def speech(seconds):
    with wave.open(str(ROOT / "data" / "speech.wav")) as source:
        source.setpos(8000)
        data = source.readframes(round(seconds * source.getframerate()))
        result = io.BytesIO()
        with wave.open(result, "wb") as target:
            target.setparams(source.getparams())
            target.writeframes(data)
    return result.getvalue()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server") / "files"
    limits = ("--upload_mb", "2", "--audio_seconds", "30", "--queue", "5", "--per_client", "5")
    with RunningServer(folder, *limits) as server:
        yield server
    assert "Traceback" not in server.log.read_text()


def test_a_job_from_upload_to_download(server):
    job = server.send(FACE.read_bytes(), speech(1.6), settings='{"motion": 1.2}').json()
    states, stages = [], []
    with server.client.stream("GET", f"/v1/jobs/{job['id']}/events") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                shown = json.loads(line.removeprefix("data: "))
                states.append(shown["state"])
                stages.append(shown["stage"])
    assert states[-1] == "done", shown
    assert "running" in states
    assert "loading the generator" in stages
    path = f"/v1/jobs/{job['id']}"
    with av.open(io.BytesIO(server.client.get(f"{path}/result").content)) as video:
        assert len(list(video.decode(video=0))) == 40
    report = server.client.get(f"{path}/report").json()
    assert (report["frames_with_face"], report["face"], report["output"]) == (
        40,
        "face",
        "result.mp4",
    )
    assert report["settings"]["motion"] == 1.2
    assert str(server.folder) not in json.dumps(report)
    assert "lse_c" in server.client.get(f"{path}/sync").json()
    assert server.client.get(f"{path}/strip").content.startswith(b"\x89PNG")
    names = {file.name for file in (server.folder / "jobs" / job["id"]).iterdir()}
    assert names == {"result.mp4", "report.json", "strip.png", "sync.json"}
    assert server.client.delete(path).json()["state"] == "done"
    assert not (server.folder / "jobs" / job["id"]).exists()


def test_a_text_is_spoken(tmp_path):
    script = tmp_path / "speak.py"
    script.write_text(
        "import sys\nassert sys.stdin.buffer.read() == b'--help me\\n'\n"
        f"sys.stdout.buffer.write({speech(2)!r})"
    )
    command = shlex.join([sys.executable, str(script)])
    with RunningServer(tmp_path / "files", "--tts_command", command) as server:
        answer = server.client.post(
            "/v1/jobs", files={"face": FACE.read_bytes()}, data={"text": " --help\nme "}
        )
        job = server.wait(answer.json()["id"])
        assert (job["state"], job["error"]) == ("done", "")
        video = server.client.get(f"/v1/jobs/{job['id']}/result").content
        with av.open(io.BytesIO(video)) as container:
            assert len(list(container.decode(video=0))) == 50
        names = {file.name for file in (server.folder / "jobs" / job["id"]).iterdir()}
        assert names == {"result.mp4", "report.json", "strip.png", "sync.json"}


def test_a_photo_without_a_face_fails_in_one_line(server):
    sound = speech(0.5)
    noise = io.BytesIO()
    import cv2
    import numpy as np

    noise.write(cv2.imencode(".png", np.full((200, 200, 3), 90, np.uint8))[1].tobytes())
    job = server.send(noise.getvalue(), sound, check_sync="false").json()
    ended = server.wait(job["id"])
    assert ended["state"] == "failed"
    assert ended["error"].startswith("face: no face")
    assert str(server.folder) not in ended["error"]
    assert server.client.get(f"/v1/jobs/{job['id']}/result").status_code == 404


def test_a_running_and_a_waiting_job_are_cancelled(server):
    jobs = [server.send(FACE.read_bytes(), speech(10)).json()["id"] for _ in range(2)]
    server.wait(jobs[0], "running", stage="rendering")
    assert server.wait(jobs[1], "queued")["ahead"] == 0
    begin = time.monotonic()
    for job in jobs:
        assert server.client.delete(f"/v1/jobs/{job}").json()["state"] == "cancelled"
    deadline = time.monotonic() + 60
    while any((server.folder / "jobs" / job).exists() for job in jobs):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    print(f"cancelled within {time.monotonic() - begin:.2f} s")
    assert [server.wait(job)["state"] for job in jobs] == ["cancelled"] * 2


def test_200_bad_uploads_are_each_a_named_4xx(server):
    statuses: dict[int, int] = {}
    before = set((server.folder / "jobs").iterdir())  # of other tests
    for name, files, fields in bad_uploads(FACE.read_bytes(), speech(0.2)):
        answer = server.client.post("/v1/jobs", files=files, data=fields)
        assert 400 <= answer.status_code < 500, (name, answer.text)
        assert list(answer.json()) == ["error"], name
        line = answer.json()["error"]
        assert 10 < len(line) < 400, (name, line)
        assert "\n" not in line
        assert str(server.folder) not in line, name
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
    print(f"bad uploads by status: {statuses}")
    assert sum(statuses.values()) == 200
    assert set((server.folder / "jobs").iterdir()) <= before
    assert not (server.folder.parent / "x").exists()
    assert server.client.get("/health").json()["status"] == "ok"


def test_a_client_that_leaves_during_its_upload_leaves_nothing(server):
    host, port = server.url.removeprefix("http://").split(":")
    jobs = server.folder / "jobs"
    before = set(jobs.iterdir())  # of other tests
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST /v1/jobs HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 1000000\r\n"
            "Content-Type: multipart/form-data; boundary=edge\r\n\r\n--edge\r\n"
            'Content-Disposition: form-data; name="face"; filename="a"\r\n\r\n'.encode()
        )
        connection.sendall(bytes(100_000))
        deadline = time.monotonic() + 60
        while not {face.parent for face in jobs.glob("*/face")} - before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    while set(jobs.iterdir()) - before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "Traceback" not in server.log.read_text()


def test_a_killed_server_goes_on_with_its_job(tmp_path):
    folder = tmp_path / "files"
    with RunningServer(folder) as first:
        jobs = [first.send(FACE.read_bytes(), speech(s)).json()["id"] for s in (4, 0.4)]
        first.wait(jobs[0], "running", stage="rendering")
        children = Path(f"/proc/{first.process.pid}/task/{first.process.pid}/children")
        before = children.read_text().split() if children.exists() else []
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in before):  # they end with the server
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with RunningServer(folder) as second:
        assert [second.wait(job)["state"] for job in jobs] == ["done", "done"]
        with av.open(str(folder / "jobs" / jobs[0] / "result.mp4")) as video:
            assert len(list(video.decode(video=0))) == 100
        assert not list((folder / "jobs").glob("*/.*"))  # nothing half done


def test_a_stopped_server_puts_its_job_back(tmp_path):
    with RunningServer(tmp_path / "files") as first:
        job = first.send(FACE.read_bytes(), speech(4)).json()["id"]
        first.wait(job, "running", stage="rendering")
    assert first.process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in first.log.read_text()
    with RunningServer(tmp_path / "files") as second:
        assert second.wait(job)["state"] == "done"


def test_two_servers_do_not_share_a_folder_and_a_token_is_required(tmp_path):
    folder = tmp_path / "files"
    with RunningServer(folder, "--host", "0.0.0.0", env={"WAV2LIP_TOKEN": TOKEN}) as server:
        port = server.url.rpartition(":")[2]
        server.client.base_url = f"http://127.0.0.1:{port}"
        assert server.client.get("/health").status_code == 200
        assert server.send(b"1", b"1").status_code == 401
        server.client.headers["authorization"] = f"Bearer {TOKEN}"
        assert server.send(b"1", b"1").status_code == 422
        with pytest.raises(AssertionError, match="writes to this folder"), RunningServer(folder):
            pass


def test_two_clients_at_once(tmp_path):
    """Two tokens: each has its own share, and sees its own jobs alone."""
    tokens = tmp_path / "tokens"
    tokens.write_text("the first client\nthe second client\n")
    words = ("--token_file", str(tokens), "--per_client", "1", "--workers", "2")
    with RunningServer(tmp_path / "files", *words) as server:
        jobs = {}
        for name in ("first", "second"):
            server.client.headers["authorization"] = f"Bearer the {name} client"
            jobs[name] = server.send(FACE.read_bytes(), speech(2)).json()["id"]
            refused = server.send(FACE.read_bytes(), speech(2))
            assert refused.status_code == 429
            assert re.match("you have 1 jobs", refused.json()["error"])
        assert server.client.get(f"/v1/jobs/{jobs['first']}").status_code == 404
        for name, job in jobs.items():
            server.client.headers["authorization"] = f"Bearer the {name} client"
            assert server.wait(job)["state"] == "done"


def test_a_finished_job_expires(tmp_path):
    words = ("--keep_hours", "0.0001")
    with RunningServer(tmp_path / "files", *words) as server:
        job = server.send(FACE.read_bytes(), speech(0.4), check_sync="false").json()["id"]
        deadline = time.monotonic() + 300
        while server.client.get(f"/v1/jobs/{job}").status_code != 404:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert os.listdir(tmp_path / "files" / "jobs") == []  # noqa: PTH208
