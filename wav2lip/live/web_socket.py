"""Serve a live session over a WebSocket: sound comes in and fragmented MP4 goes out on one connection.

The client first sends `{"type": "hello", "rate": HZ}`, then mono 16-bit little-endian PCM as binary messages, and
`{"type": "end_of_speech"}`, `{"type": "clear"}` or `{"type": "close"}` at any time. The server sends
`{"type": "stream", "mime": ..., "width": ..., "height": ..., "fps": ...}`, then each segment of the MP4 as a binary
message. What it refuses is answered by `{"type": "error", "message": ...}`.
"""

import asyncio
import json
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import numpy as np

from wav2lip.errors import InputError
from wav2lip.live.commands import read_message, run_command
from wav2lip.live.fragments import fragments, mime_type
from wav2lip.live.session import LiveSession
from wav2lip.live.session_error import SessionError
from wav2lip.utils.fields import quote

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

RATES = 8_000, 192_000  # Hz of a client's sound; odd rates beyond cost much to resample
RATE_CHANGES = 20  # of one client; each makes new resamplers

Message = str | bytes
Send = Callable[[Message], Awaitable[None]]


class _GoneError(Exception):
    """The client has left. Each library has an exception of its own for it."""


async def _received(messages: AsyncIterable[Message]) -> AsyncIterator[Message]:
    try:
        async for message in messages:
            yield message
    except Exception as error:
        raise _GoneError from error


def _sending(send: Send) -> Callable[..., Awaitable[None]]:
    """Return a function that sends a binary message, or an object as JSON, one at a time."""
    lock = asyncio.Lock()

    async def send_one(data: bytes | None = None, **fields: object) -> None:
        async with lock:
            try:
                await send(json.dumps(fields) if data is None else data)
            except Exception as error:
                raise _GoneError from error

    return send_one


async def serve_socket(session: LiveSession, messages: AsyncIterable[Message], send: Send) -> None:
    """Serve one client until it leaves or the session ends; the session is closed then.

    Args:
        session: of this client alone.
        messages: that come in: text or binary. Their end, or an error in them, means that the client has left.
        send: sends a message. An error in it means that the client has left.

    Examples:
        With the package `websockets`:

        ```python
        async def handler(connection):
            with LiveSession(avatar, worker) as session:
                await serve_socket(session, connection, connection.send)
        ```
    """
    send_one = _sending(send)
    tasks = [
        asyncio.create_task(_listen(session, messages, send_one)),
        asyncio.create_task(_show(session, send_one)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        session.close()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, InputError | SessionError):
            try:
                await send_one(type="error", message=str(end))
            except _GoneError:
                return
        elif isinstance(end, Exception) and not isinstance(end, _GoneError):
            raise end


async def serve_starlette(session: LiveSession, websocket: "WebSocket") -> None:
    """Serve one client of Starlette or FastAPI; its connection is accepted."""

    async def messages() -> AsyncIterator[Message]:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            data, text = message.get("bytes"), message.get("text")
            yield text or "" if data is None else data

    async def send(message: Message) -> None:
        if isinstance(message, str):
            await websocket.send_text(message)
        else:
            await websocket.send_bytes(message)

    await serve_socket(session, messages(), send)


async def _listen(
    session: LiveSession, messages: AsyncIterable[Message], send: Callable[..., Awaitable[None]]
) -> None:
    """Push the sound and run the commands of a client. What breaks the protocol raises InputError."""
    rate: int | None = None
    changes = 0
    async for data in _received(messages):
        if isinstance(data, str):
            message = read_message(data)
            if message["type"] == "hello":
                given = _rate(message.get("rate"))
                changes += rate not in (None, given)
                if changes > RATE_CHANGES:
                    raise InputError(
                        f"the rate has changed more than {RATE_CHANGES} times; keep to one"
                    )
                rate = given
            else:
                run_command(session, message)
            continue
        if rate is None:
            raise InputError(
                'there is sound before its rate; send {"type": "hello", "rate": HZ} first'
            )
        if len(data) % 2:
            raise InputError(
                f"a message of {len(data)} bytes is not 16-bit PCM; send an even number of bytes"
            )
        samples = np.frombuffer(data, "<i2").astype(np.int16)
        try:
            await asyncio.to_thread(session.push, samples, rate)  # minutes may come at once
        except InputError as error:  # the session goes on without the samples
            await send(type="error", message=str(error))


def _rate(value: object) -> int:
    low, high = RATES
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(
            f"the rate of a hello must be a whole number of Hz from {low} to {high}, not {quote(value)}"
        )
    return value


async def _show(session: LiveSession, send: Callable[..., Awaitable[None]]) -> None:
    """Send the frames of a session."""
    height, width = session.avatar.pictures.size
    first = True
    async for segment in fragments(session):
        if first:
            mime, fps = mime_type(segment), float(session.avatar.fps)
            await send(type="stream", mime=mime, width=width, height=height, fps=fps)
            first = False
        await send(segment)
