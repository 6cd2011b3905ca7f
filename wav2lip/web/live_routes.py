"""The routes of live sessions."""

import asyncio
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, WebSocket

from wav2lip.errors import InputError
from wav2lip.live.web_socket import serve_starlette
from wav2lip.web.job_service import JobService
from wav2lip.web.live_service import LiveService
from wav2lip.web.request_error import RequestError

live_router = APIRouter(prefix="/v1")


def _avatar(service: JobService, job: str, client: str) -> Path:
    """Return the file of a face that was prepared.

    Raises:
        RequestError: there is none.
    """
    found = service.get(job, client)
    if found.kind != "avatar":
        raise RequestError(404, "the job makes a video; prepare a face with POST /v1/avatars")
    if found.state in ("queued", "running"):
        raise RequestError(409, f"the job is {found.state}; wait until it is done")
    if found.state != "done":
        raise RequestError(404, f"the job was {found.state}; prepare the face again")
    return service.runner.files(job).result("avatar")


@live_router.websocket("/live/{job}")
async def talk(socket: WebSocket, job: str) -> None:
    """Talk through a prepared face; `wav2lip.live.web_socket` describes the messages."""
    await socket.accept()
    service: JobService = socket.app.state.service
    live: LiveService = socket.app.state.live
    limit = service.settings.limits.live_seconds
    try:
        path = _avatar(service, job, socket.state.client)
        async with live.session(path) as session, asyncio.timeout(limit):
            await serve_starlette(session, socket)
    except InputError as error:
        await _say(socket, str(error))
    except TimeoutError:
        await _say(socket, f"the session has lasted for {limit:g} s, the limit of this server")
    with suppress(RuntimeError):  # the client has closed it
        await socket.close()


async def _say(socket: WebSocket, line: str) -> None:
    with suppress(RuntimeError):
        await socket.send_json({"type": "error", "message": line})
