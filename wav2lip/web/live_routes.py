"""The routes of live sessions."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field

from wav2lip.errors import InputError
from wav2lip.live.web_socket import serve_starlette
from wav2lip.web.job_routes import Client, JobId, Service
from wav2lip.web.job_service import JobService
from wav2lip.web.job_view import ErrorView
from wav2lip.web.live_service import LiveService
from wav2lip.web.request_error import RequestError
from wav2lip.web.route_descriptions import ANSWERS, SENDING

LEFT = (RuntimeError, WebSocketDisconnect)  # what a socket raises that the client has closed

live_router = APIRouter(prefix="/v1")


def _avatar(service: JobService, job: str, client: str) -> Path:
    """Return the file of a face that was prepared.

    Raises:
        RequestError: there is none.
    """
    found = service.get(job, client)
    if found.kind != "avatar":
        raise RequestError(404, "the job prepares no face; prepare one with POST /v1/avatars")
    if found.state in ("queued", "running"):
        raise RequestError(409, f"the job is {found.state}; wait until it is done")
    if found.state != "done":
        raise RequestError(404, f"the job was {found.state}; prepare the face again")
    return service.runner.files(job).result("avatar")


class SessionDescription(BaseModel):
    """One side of a WebRTC connection."""

    sdp: str = Field(max_length=100_000, description="In SDP, with all candidates.")


OFFER_ANSWERS: dict[int | str, dict[str, Any]] = {
    **ANSWERS,
    **{status: SENDING[status] for status in (400, 403, 413)},
    429: {"model": ErrorView, "description": "Too many live sessions are open."},
}


@live_router.post("/live/{job}/offer", responses=OFFER_ANSWERS, tags=["live"])
async def answer_offer(
    job: JobId, offer: SessionDescription, request: Request, service: Service, client: Client
) -> SessionDescription:
    """Open a live session over WebRTC: the microphone comes in, the talking face goes out."""
    live: LiveService = request.app.state.live
    return SessionDescription(sdp=await live.answer(_avatar(service, job, client), offer.sdp))


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
    with suppress(*LEFT):
        await socket.close()


async def _say(socket: WebSocket, line: str) -> None:
    with suppress(*LEFT):
        await socket.send_json({"type": "error", "message": line})
