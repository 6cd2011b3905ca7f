import pytest
from fastapi.testclient import TestClient

from wav2lip.web.app import create_app
from wav2lip.web.job_store import JobRecord
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings

ID = "0123456789abcdef" * 2


@pytest.fixture
def client(tmp_path):
    app = create_app(ServerSettings(tmp_path, limits=Limits(live_sessions=0)))
    yield TestClient(app, base_url="http://localhost:8000")
    app.state.service.store.close()


def _error(client, path=ID):
    with client.websocket_connect(f"/v1/live/{path}", headers={"host": "localhost:8000"}) as socket:
        message = socket.receive_json()
        assert socket.receive()["type"] == "websocket.close"
    assert message["type"] == "error"
    return message["message"]


@pytest.mark.parametrize(
    ("kind", "claimed", "ended", "line"),
    [
        ("video", False, False, "the job makes a video; prepare a face with POST /v1/avatars"),
        ("avatar", False, False, "the job is queued; wait until it is done"),
        ("avatar", True, False, "the job is running; wait until it is done"),
        (
            "avatar",
            True,
            True,
            "0 live sessions are open, the limit of this server; try again later",
        ),
    ],
)
def test_a_session_that_cannot_be_opened_is_one_line(kind, claimed, ended, line, client):
    store = client.app.state.service.store
    store.add(JobRecord(ID, "testclient", kind))
    if claimed:
        store.claim()
    if ended:
        store.finish(ID)
    assert _error(client) == line


def test_the_face_of_another_client_does_not_exist(client):
    store = client.app.state.service.store
    store.add(JobRecord(ID, "somebody", "avatar"))
    assert _error(client).startswith("there is no such job")
    assert _error(client, "none").startswith("there is no such job")
