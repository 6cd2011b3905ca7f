import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import av
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import serve

from wav2lip.live import LiveSession
from wav2lip.live.web_socket import serve_socket, serve_starlette

HELLO = json.dumps({"type": "hello", "rate": 16_000})


def _pcm(seconds: float) -> bytes:
    noise = np.random.default_rng(0).normal(0, 3000, round(16_000 * seconds))
    return noise.astype("<i2").tobytes()


def _converse(
    avatar: Any, worker: Any, client: Callable[[ClientConnection], Awaitable[Any]]
) -> tuple[Any, list[LiveSession]]:
    """Run a client against a server on the loopback interface; return what it returns and the sessions."""
    sessions: list[LiveSession] = []

    async def handler(connection: Any) -> None:
        with LiveSession(avatar, worker, mute_pauses=False) as session:
            sessions.append(session)
            await serve_socket(session, connection, connection.send)

    async def run() -> Any:
        async with serve(handler, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with connect(f"ws://127.0.0.1:{port}") as connection:
                return await client(connection)

    return asyncio.run(asyncio.wait_for(run(), 30)), sessions


def test_sound_comes_in_and_pictures_with_sound_go_out(avatar, worker):
    async def client(connection: ClientConnection) -> tuple[dict, bytes]:
        await connection.send(HELLO)
        await connection.send(_pcm(0.4))
        await connection.send('{"type": "end_of_speech"}')
        stream, data = json.loads(await connection.recv()), b""
        for _ in range(25):
            data += await connection.recv()
        await connection.send('{"type": "close"}')
        async for message in connection:
            data += message
        return stream, data

    (stream, data), _ = _converse(avatar, worker, client)
    assert stream == {
        "type": "stream",
        "mime": 'video/mp4; codecs="avc1.42c00a, mp4a.40.2"',
        "width": 120,
        "height": 100,
        "fps": 25.0,
    }
    with av.open(io.BytesIO(data)) as container:
        pictures = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    changes = [np.abs(p.astype(int) - pictures[0])[60:90].max() for p in pictures]
    assert max(changes) > 30  # the mouth
    with av.open(io.BytesIO(data)) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert np.abs(sound).max() > 0.1


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (_pcm(0.02), "there is sound before its rate; send"),
        ("{}", "the message '{}' cannot be read; send a JSON object"),
        (
            '{"type": "hello"}',
            "the rate of a hello must be a whole number of Hz from 8000 to 192000, not None",
        ),
        (
            '{"type": "hello", "rate": 7}',
            "the rate of a hello must be a whole number of Hz from 8000 to 192000, not 7",
        ),
        ('{"type": "stop"}', "the message type 'stop' is unknown"),
    ],
)
def test_what_breaks_the_protocol_ends_the_connection_with_one_line(avatar, worker, message, error):
    async def client(connection: ClientConnection) -> str:
        await connection.send(message)
        *_, last = [m async for m in connection]
        return json.loads(last)

    answer, sessions = _converse(avatar, worker, client)
    assert answer["type"] == "error"
    assert answer["message"].startswith(error)
    assert len(answer["message"].splitlines()) == 1
    assert list(sessions[0]) == []


def test_a_client_that_vanishes_closes_its_session(avatar, worker):
    async def client(connection: ClientConnection) -> None:
        await connection.send(HELLO)
        await connection.send(_pcm(5))
        await connection.recv()
        connection.transport.abort()

    _, sessions = _converse(avatar, worker, client)
    assert list(sessions[0]) == []
    assert len(worker._sessions) == 0


def test_starlette_serves_it(avatar, worker):
    async def endpoint(websocket: Any) -> None:
        await websocket.accept()
        with LiveSession(avatar, worker) as session:
            await serve_starlette(session, websocket)

    app = Starlette(routes=[WebSocketRoute("/live", endpoint)])
    with TestClient(app).websocket_connect("/live") as client:
        client.send_text(HELLO)
        client.send_bytes(_pcm(0.1) + b"\0")
        found = [client.receive()]
        while "error" not in found[-1].get("text", ""):
            found.append(client.receive())
    message = json.loads(found[-1]["text"])["message"]
    assert message == "a message of 3201 bytes is not 16-bit PCM; send an even number of bytes"


def test_a_rate_that_changes_again_and_again_ends_the_connection(avatar, worker):
    async def client(connection: ClientConnection) -> str:
        for number in range(30):
            await connection.send(json.dumps({"type": "hello", "rate": 16_000 + number % 2}))
            await connection.send(b"\0\0")
        *_, last = [m async for m in connection]
        return json.loads(last)

    answer, _ = _converse(avatar, worker, client)
    assert answer["message"] == "the rate has changed more than 20 times; keep to one"
