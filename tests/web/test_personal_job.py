"""Personal models: their routes, and who may use one."""

import json

import pytest
from fastapi.testclient import TestClient
from talking_portrait import write_talking_portrait

from tests.web.running_server import RunningServer
from tests.web.test_server import FACE, speech
from wav2lip.web.app import create_app
from wav2lip.web.job_store import JobRecord
from wav2lip.web.server_settings import ServerSettings

ID = "0123456789abcdef" * 2


@pytest.fixture
def client(tmp_path):
    app = create_app(ServerSettings(tmp_path / "server"))
    yield TestClient(app, base_url="http://localhost:8000")  # not entered: nothing is started
    app.state.service.store.close()


def _add(client, who="testclient", kind="personal", better=True):
    service = client.app.state.service
    service.store.add(JobRecord(ID, who, kind))
    service.store.claim()
    service.store.finish(ID)
    files = service.runner.files(ID)
    files.folder.mkdir(parents=True)
    files.verdict.write_text("<h1>Verdict</h1>")
    if better:
        files.result("personal").write_bytes(b"weights")


def _send(client):
    return client.post("/v1/jobs", files={"face": b"1", "audio": b"1"}, data={"model": ID})


def test_a_model_is_sent_with_its_verdict(client):
    _add(client)
    answer = client.get(f"/v1/jobs/{ID}/result")
    assert (answer.status_code, answer.content) == (200, b"weights")
    assert "wav2lip-personal-01234567.safetensors" in answer.headers["content-disposition"]
    answer = client.get(f"/v1/jobs/{ID}/verdict")
    assert answer.text == "<h1>Verdict</h1>"
    assert answer.headers["content-security-policy"].startswith("sandbox; ")


def test_a_model_that_is_not_better_is_none(client):
    _add(client, better=False)
    answer = client.get(f"/v1/jobs/{ID}/result")
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "the model is not better, so there is none; see the verdict",
    )
    answer = _send(client)
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        "model: it was not better, so there is none; see its verdict",
    )


@pytest.mark.parametrize(
    ("who", "kind", "status", "message"),
    [
        ("somebody", "personal", 404, "there is no such job"),
        ("testclient", "video", 422, "model: the job tunes no personal model"),
    ],
)
def test_others_cannot_use_it(client, who, kind, status, message):
    _add(client, who, kind)
    answer = _send(client)
    assert (answer.status_code, answer.json()["error"][: len(message)]) == (status, message)
    assert client.get(f"/v1/jobs/{ID}/verdict").status_code == (404 if who == "somebody" else 200)


@pytest.mark.slow
def test_a_video_becomes_a_model_that_renders(tmp_path):
    video = tmp_path / "film.mp4"
    write_talking_portrait(video, 24)
    words = ("--personal_minutes", "0.7")
    with RunningServer(tmp_path / "files", *words) as server:
        answer = server.client.post("/v1/personal", files={"face": video.read_bytes()})
        job = answer.json()["id"]
        stages = set()
        with server.client.stream("GET", f"/v1/jobs/{job}/events") as events:
            for line in events.iter_lines():
                if line.startswith("data: "):
                    shown = json.loads(line.removeprefix("data: "))
                    stages.add(shown["stage"])
        assert (shown["state"], shown["error"]) == ("done", "")
        assert {"reading", "tuning"} <= stages
        verdict = server.client.get(f"/v1/jobs/{job}/report").json()
        print(verdict["line"])
        assert "<html" in server.client.get(f"/v1/jobs/{job}/verdict").text
        model = server.client.get(f"/v1/jobs/{job}/result")
        assert model.status_code == (200 if verdict["go"] else 404)
        sent = server.send(FACE.read_bytes(), speech(0.4), check_sync="false", model=job)
        if not verdict["go"]:
            assert sent.status_code == 422
            return
        done = server.wait(sent.json()["id"])
        assert (done["state"], done["error"]) == ("done", "")
        assert server.client.delete(f"/v1/jobs/{job}").status_code == 200
        assert "Traceback" not in server.log.read_text()


@pytest.mark.slow
def test_a_video_without_speech_is_one_line(tmp_path):
    with RunningServer(tmp_path / "files") as server:
        answer = server.client.post("/v1/personal", files={"face": FACE.read_bytes()})
        assert answer.status_code == 201
        job = server.wait(answer.json()["id"])
        assert job["state"] == "failed"
        assert "film one person alone" in job["error"]
        assert str(server.folder) not in job["error"]
