"""Routes without a renderer: its jobs stay queued."""

import json
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from wav2lip.errors import InputError
from wav2lip.web import job_runner
from wav2lip.web.app import create_app
from wav2lip.web.job_store import JobRecord
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings

ID = "0123456789abcdef" * 2
TOKEN = "0123456789abcdef"


@pytest.fixture
def client(tmp_path):
    limits = Limits(upload_mb=0.1, queue=2, per_client=1)
    app = create_app(ServerSettings(tmp_path / "server", limits=limits))
    yield TestClient(app, base_url="http://localhost:8000")  # not entered: nothing is started
    app.state.service.store.close()


def _add(client, name=ID, who="testclient", state="queued") -> Path:
    service = client.app.state.service
    service.store.add(JobRecord(name, who, options={"chosen": {}, "check_sync": True}))
    if state != "queued":
        service.store.claim()
    if state == "done":
        service.store.finish(name)
    folder = service.runner.files(name).folder
    folder.mkdir(parents=True)
    return folder


def test_a_job_is_shown_and_cancelled(client):
    folder = _add(client)
    job = client.get(f"/v1/jobs/{ID}").json()
    assert (job["state"], job["ahead"], job["error"], job["synthetic"]) == ("queued", 0, "", True)
    assert client.delete(f"/v1/jobs/{ID}").json()["state"] == "cancelled"
    assert not folder.exists()
    assert client.delete(f"/v1/jobs/{ID}").json()["state"] == "cancelled"  # and removes it
    assert client.get(f"/v1/jobs/{ID}").status_code == 404


def test_files_of_a_done_job_are_sent(client):
    folder = _add(client, state="done")
    (folder / "result.mp4").write_bytes(b"0123456789")
    (folder / "sync.json").write_text('{"lse_c": 5}')
    answer = client.get(f"/v1/jobs/{ID}/result", headers={"range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-type"] == "video/mp4"
    assert "wav2lip-synthetic-01234567-video.mp4" in answer.headers["content-disposition"]
    assert client.get(f"/v1/jobs/{ID}/sync").json() == {"lse_c": 5}
    answer = client.get(f"/v1/jobs/{ID}/report")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "the job has no report; it was not asked for"},
    )


@pytest.mark.parametrize("name", ["result", "report", "strip", "sync"])
def test_files_of_a_job_that_is_not_done_are_refused(name, client):
    _add(client, state="running")
    answer = client.get(f"/v1/jobs/{ID}/{name}")
    assert answer.status_code == 409
    assert answer.json() == {"error": "the job is running; wait until it is done"}


def test_events_end_with_the_job(client):
    _add(client, state="done")
    with client.stream("GET", f"/v1/jobs/{ID}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert lines[0] == "event: job"
    assert json.loads(lines[1].removeprefix("data: "))["state"] == "done"
    assert len(lines) == 2


def test_the_job_of_another_client_does_not_exist(client):
    _add(client, who="somebody")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/result")):
        assert client.request(method, f"/v1/jobs/{ID}{path}").status_code == 404
    assert client.app.state.service.store.get(ID).state == "queued"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/jobs/none", 422),
        ("GET", "/v1/jobs/..%2F..%2Fetc", 404),
        ("GET", f"/v1/jobs/{ID}", 404),
        ("GET", f"/v1/jobs/{ID}/strip", 404),
        ("POST", f"/v1/jobs/{ID}", 405),
        ("GET", "/nothing", 404),
        ("GET", "/page/..%2F..%2Faccess.py", 404),
        ("GET", "/page/none.js", 404),
        ("POST", "/v1/jobs", 415),
        ("POST", "/v1/login", 422),
    ],
)
def test_a_bad_request_is_one_line_of_json(method, path, status, client):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert "\n" not in answer.json()["error"]


def test_an_error_that_names_half_a_surrogate_pair_is_json(client):
    parts = {"face": b"x", "audio": b"x"}
    answer = client.post("/v1/jobs", files=parts, data={"settings": '{"blend": "\\ud800"}'})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("blend must be one of")


def test_what_was_sent_for_ended_jobs_is_removed_at_the_next_start(client):
    folders = [
        _add(client, f"{n}" * 32, who=f"{n}", state=state)
        for n, state in enumerate(("done", "queued"))
    ]
    for folder in folders:
        (folder / "work").mkdir()
        for name in ("face", "audio", "work/clip", ".result.0123abcd-0123456789abcdef.part.mp4"):
            (folder / name).write_bytes(b"x")
    runner = client.app.state.service.runner
    runner._threads.clear()  # nothing is rendered
    runner.start()
    left = [sorted(path.name for path in folder.rglob("*")) for folder in folders]
    assert left == [
        [],
        [".result.0123abcd-0123456789abcdef.part.mp4", "audio", "clip", "face", "work"],
    ]


def test_a_queue_that_fails_is_tried_again(client, monkeypatch, caplog):
    runner = client.app.state.service.runner
    calls = []

    def claim():
        calls.append(None)
        if len(calls) == 1:
            raise sqlite3.OperationalError("database or disk is full")
        runner._stopped.set()

    monkeypatch.setattr(runner._store, "claim", claim)
    monkeypatch.setattr(job_runner, "TROUBLE", 0.01)
    runner._run()
    assert len(calls) == 2
    assert "disk is full" in caplog.text


def test_a_small_request_has_a_small_limit(client):
    answer = client.post("/v1/login", json={"token": "x" * 300_000})
    assert (answer.status_code, answer.json()) == (
        413,
        {"error": "the request has more than 262144 bytes; send less"},
    )
    pieces = (b"x" * 1000 for _ in range(300))  # without a length
    answer = client.post("/v1/login", content=pieces)
    assert (answer.status_code, list(answer.json())) == (413, ["error"])
    pieces = (piece for piece in (b'{"token":', b' "x"}'))
    kind = {"content-type": "application/json"}
    answer = client.post("/v1/login", content=pieces, headers=kind)
    assert answer.status_code == 204


def test_a_refused_upload_leaves_nothing(client):
    files = {"face": ("a.jpg", b"1"), "audio": ("a.wav", b"1" * 200_000)}
    answer = client.post("/v1/jobs", files=files)
    assert answer.status_code == 413
    answer = client.post("/v1/jobs", files={"face": ("a.jpg", b"1")}, data={"settings": "{}"})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "the part audio is missing; send face and audio",
    )
    files["audio"] = ("a.wav", b"1")
    answer = client.post("/v1/jobs", files=files, data={"settings": '{"fps": 0}'})
    assert (answer.status_code, answer.json()["error"]) == (422, "fps must be 1 to 240, not 0")
    assert list(client.app.state.service.runner.jobs.iterdir()) == []


@pytest.fixture
def speaking(tmp_path):
    command = (sys.executable, "-c", "pass")
    limits = Limits(text_characters=20)
    app = create_app(ServerSettings(tmp_path / "server", limits=limits, tts_command=command))
    with TestClient(app, base_url="http://localhost:8000") as client:
        yield client


@pytest.mark.parametrize(
    ("parts", "status", "message"),
    [
        ({}, 400, "the part audio is missing; send face and audio or text"),
        ({"text": "a", "audio": "1"}, 400, "audio and text: there are both; send one"),
        ({"text": "a" * 21}, 422, "text: has 21 characters, more than 20; shorten it"),
        ({"text": " "}, 422, "text: is empty; write what is to be spoken"),
        ({"text": "Hello"}, 422, "face: not a readable picture, video or sound file"),
    ],
)
def test_a_text_in_place_of_a_sound(parts, status, message, speaking):
    files = {"face": b"1"} | ({"audio": b"1"} if "audio" in parts else {})
    data = {"text": parts["text"]} if "text" in parts else None
    answer = speaking.post("/v1/jobs", files=files, data=data)
    assert (answer.status_code, answer.json()["error"][: len(message)]) == (status, message)
    assert list(speaking.app.state.service.runner.jobs.iterdir()) == []


def test_features_need_no_token(client, speaking):
    assert client.get("/v1/features").json()["text"] is False
    assert speaking.get("/v1/features").json() == {
        "text": True,
        "text_characters": 20,
        "personal": True,
        "evaluations": False,
    }
    answer = client.post("/v1/jobs", files={"face": b"1"}, data={"text": "Hello"})
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        "text: this server speaks no text; send audio",
    )


def test_a_full_queue_and_a_used_share_are_refused(client):
    _add(client)
    answer = client.post("/v1/jobs", files={"face": b"1", "audio": b"1"})
    assert answer.status_code == 429
    assert "you have 1 jobs" in answer.json()["error"]
    _add(client, "f" * 32, "somebody")
    answer = client.post("/v1/jobs", files={"face": b"1", "audio": b"1"})
    assert answer.status_code == 429
    assert "the queue is full (2 jobs)" in answer.json()["error"]


def test_expired_jobs_are_removed(client, monkeypatch):
    folder = _add(client, state="done")
    runner = client.app.state.service.runner
    runner.remove_expired()
    assert folder.exists()
    monkeypatch.setattr("time.time", lambda: 1e11)
    runner.remove_expired()
    assert not folder.exists()
    assert client.get(f"/v1/jobs/{ID}").status_code == 404


def test_a_token_becomes_a_cookie(tmp_path):
    app = create_app(ServerSettings(tmp_path, "0.0.0.0", tokens=(TOKEN,)))
    client = TestClient(app, base_url="http://any.example")
    assert client.get(f"/v1/jobs/{ID}").status_code == 401
    wrong = client.post("/v1/login", json={"token": "wrong"})
    assert (wrong.status_code, list(wrong.json())) == (401, ["error"])
    answer = client.post("/v1/login", json={"token": TOKEN})
    assert answer.status_code == 204
    for word in ("HttpOnly", "SameSite=strict"):
        assert word in answer.headers["set-cookie"]
    assert TOKEN not in answer.headers["set-cookie"]
    assert "Secure" not in answer.headers["set-cookie"]
    assert client.get(f"/v1/jobs/{ID}").status_code == 404
    behind_tls = {"origin": "https://any.example"}
    answer = client.post("/v1/login", json={"token": TOKEN}, headers=behind_tls)
    assert "Secure" in answer.headers["set-cookie"]
    app.state.service.store.close()


def test_files_of_others_in_the_folder_stay(tmp_path):
    for name in ("jobs/mine", f"jobs/{ID}", "studio"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "a.txt").write_text("1")
    os.utime(tmp_path / "studio" / "a.txt", (0, 0))
    own = tmp_path / ".wav2lip-studio" / "upload" / "face.png"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"1")
    os.utime(own, (0, 0))
    with TestClient(create_app(ServerSettings(tmp_path, checkpoint="none"))) as client:
        client.app.state.service.runner.remove_expired()
    kept = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("a.txt"))
    assert kept == ["jobs/mine/a.txt", "studio/a.txt"]
    assert not own.exists()  # also without --studio


def test_the_end_of_a_job_is_stored_once_the_disk_has_room(client, monkeypatch):
    monkeypatch.setattr(job_runner, "TROUBLE", 0.01)
    _add(client, state="running")
    store, tries = client.app.state.service.store, []
    finish = store.finish

    def full_disk(*args: str) -> bool:
        tries.append(args)
        if len(tries) < 3:
            raise sqlite3.OperationalError("database or disk is full")
        return bool(finish(*args))

    def refuse(_: JobRecord) -> None:
        raise InputError("no")

    monkeypatch.setattr(store, "finish", full_disk)
    monkeypatch.setattr(store, "claim", lambda: store.get(ID))
    runner = client.app.state.service.runner
    monkeypatch.setattr(runner, "_order", refuse)
    runner._serve_next()
    assert len(tries) == 3
    assert client.get(f"/v1/jobs/{ID}").json()["state"] == "failed"
