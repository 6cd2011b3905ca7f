import asyncio
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from fastapi.testclient import TestClient

from tests.web.running_server import RunningServer
from wav2lip.web.app import create_app
from wav2lip.web.job_store import JobRecord
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings

DATA = Path(__file__).resolve().parents[2] / "data"
FACE, SPEECH = DATA / "astronaut.jpg", DATA / "speech.wav"
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
        ("video", False, False, "the job prepares no face; prepare one with POST /v1/avatars"),
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


@pytest.mark.slow
def test_an_offer_is_answered_and_the_face_talks(tmp_path):
    with RunningServer(tmp_path / "files") as server:
        job = server.client.post("/v1/avatars", files={"face": FACE.read_bytes()}).json()["id"]
        assert server.wait(job)["state"] == "done"
        bad = server.client.post(f"/v1/live/{job}/offer", json={"sdp": "none"})
        assert (bad.status_code, list(bad.json())) == (422, ["error"])
        asyncio.run(_talk(server, job))
    assert "Traceback" not in server.log.read_text()


async def _talk(server, job):
    peer = RTCPeerConnection()
    received = asyncio.get_running_loop().create_future()

    async def watch(track):
        frames = [await track.recv() for _ in range(30)]
        received.set_result(frames[-1])

    @peer.on("track")
    def on_track(track):
        if track.kind == "video":
            tasks.append(asyncio.create_task(watch(track)))

    tasks = []
    peer.addTrack(MediaPlayer(str(SPEECH)).audio)
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    path = f"/v1/live/{job}/offer"
    sdp = {"sdp": peer.localDescription.sdp}
    answer = await asyncio.to_thread(server.client.post, path, json=sdp)
    assert answer.status_code == 200, answer.text
    await peer.setRemoteDescription(RTCSessionDescription(answer.json()["sdp"], "answer"))
    frame = await asyncio.wait_for(received, 120)
    assert (frame.width, frame.height) == (512, 512)
    await peer.close()
