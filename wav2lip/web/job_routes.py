"""The routes of jobs."""

from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, StreamingResponse

from wav2lip.web.events import job_events
from wav2lip.web.job_options import ALLOWED
from wav2lip.web.job_service import JobService
from wav2lip.web.job_store import Kind
from wav2lip.web.job_view import ErrorView, JobView, view
from wav2lip.web.request_error import RequestError
from wav2lip.web.uploads import receive_form

JobId = Annotated[
    str,
    PathParameter(pattern="^[0-9a-f]{32}$", description="Name of the job.", examples=["0" * 32]),
]
ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorView, "description": text}
    for status, text in {
        401: "A token is required.",
        404: "There is no such job or file.",
        409: "The job has not ended.",
        421: "The server has another name.",
        422: "A value cannot be used.",
    }.items()
}
SENDING: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorView, "description": text}
    for status, text in {
        400: "The form is malformed.",
        401: "A token is required.",
        403: "The request comes from the page of another site.",
        413: "The request is too large.",
        415: "The request is no form.",
        421: "The server has another name.",
        422: "A file or value cannot be used.",
        429: "The queue is full, or your share of it.",
    }.items()
}
REMOVING = {**ANSWERS, 403: SENDING[403]}
FILE = {"type": "string", "format": "binary"}
SETTINGS = {
    "type": "string",
    "description": f"JSON object. Names: {', '.join(ALLOWED)}. They mean what they mean in wav2lip.Settings.",
    "examples": ['{"fps": 30, "motion": 1.2}'],
}


def _form(parts: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the description of a form for OpenAPI; the routes read it as a stream."""
    schema = {
        "type": "object",
        "properties": parts,
        "required": required,
        "additionalProperties": False,
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


JOB_FORM = _form(
    {
        "face": {**FILE, "description": "Photo or video."},
        "audio": {**FILE, "description": "File with sound."},
        "text": {
            "type": "string",
            "description": "In place of audio, on a server whose features have text: what is spoken.",
        },
        "settings": SETTINGS,
        "check_sync": {"type": "string", "enum": ["true", "false"], "default": "true"},
    },
    ["face"],
)
AVATAR_FORM = _form(
    {"face": {**FILE, "description": "Photo or video."}, "settings": SETTINGS}, ["face"]
)


def _service(request: Request) -> JobService:
    service: JobService = request.app.state.service
    return service


def _client(request: Request) -> str:
    client: str = request.state.client
    return client


Service = Annotated[JobService, Depends(_service)]
Client = Annotated[str, Depends(_client)]
router = APIRouter(prefix="/v1", tags=["jobs"])


def show(service: JobService, job: str, client: str) -> JobView:
    """Return a job as clients see it.

    Raises:
        RequestError: the client has no such job.
    """
    found = service.get(job, client)
    ahead = service.store.ahead(found) if found.state == "queued" else 0
    progress = service.runner.progress(job)
    return view(found, progress, ahead, service.settings.limits.keep_seconds)


async def _submit(kind: Kind, request: Request, service: JobService, client: str) -> JobView:
    limit = service.settings.limits.upload_bytes

    async def fill(files: Mapping[str, Path], fields: Collection[str]) -> Mapping[str, str]:
        return await receive_form(
            request.stream(), request.headers, files, fields, limit, optional=("audio",)
        )

    job = await service.submit(kind, client, fill)
    return show(service, job.id, client)


@router.post("/jobs", status_code=201, responses=SENDING, openapi_extra=JOB_FORM)
async def create_job(request: Request, service: Service, client: Client) -> JobView:
    """Send a face, and a sound or a text; the job renders a video in which the face speaks it."""
    return await _submit("video", request, service, client)


@router.post("/avatars", status_code=201, responses=SENDING, openapi_extra=AVATAR_FORM)
async def create_avatar(request: Request, service: Service, client: Client) -> JobView:
    """Send a face; the job prepares it for live sessions."""
    return await _submit("avatar", request, service, client)


@router.get("/jobs/{job}", responses=ANSWERS)
def read_job(job: JobId, service: Service, client: Client) -> JobView:
    """Return the state of a job."""
    return show(service, job, client)


@router.delete("/jobs/{job}", responses=REMOVING)
def delete_job(job: JobId, service: Service, client: Client) -> JobView:
    """Cancel a job that waits or runs; remove one that has ended, with its files."""
    found = service.cancel(job, client)
    return view(found, service.runner.progress(job), 0, service.settings.limits.keep_seconds)


@router.get(
    "/jobs/{job}/events",
    response_class=StreamingResponse,
    responses={
        **ANSWERS,
        200: {
            "description": "Events named job; the data of each is the job. The stream ends with the job.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def read_events(job: JobId, service: Service, client: Client) -> StreamingResponse:
    """Follow a job by server-sent events."""
    service.get(job, client)
    events: AsyncIterator[str] = job_events(lambda: show(service, job, client))
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"x-accel-buffering": "no"}
    )


def _file(
    service: JobService, job: str, client: str, path: Path, media_type: str, name: str
) -> FileResponse:
    """Answer with a file of a job that is done.

    Raises:
        RequestError: there is no such job or file, or the job is not done.
    """
    found = service.get(job, client)
    if found.state in ("queued", "running"):
        raise RequestError(409, f"the job is {found.state}; wait until it is done")
    if found.state != "done":
        reason = f": {found.error}" if found.error else ""
        raise RequestError(404, f"the job was {found.state}{reason}")
    if not path.is_file():
        raise RequestError(404, f"the job has no {name.partition('.')[0]}; it was not asked for")
    label = f"wav2lip-synthetic-{job[:8]}-{name}"
    return FileResponse(
        path, media_type=media_type, filename=label, content_disposition_type="inline"
    )


def _content(media_type: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "object"} if media_type == "application/json" else FILE
    return {
        **ANSWERS,
        200: {"description": "The file.", "content": {media_type: {"schema": schema}}},
        206: {"description": "A part of the file.", "content": {media_type: {"schema": FILE}}},
        416: {"description": "There is no such part."},
    }


@router.get("/jobs/{job}/result", response_class=FileResponse, responses=_content("video/mp4"))
def read_result(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return the video. It is synthetic: say so where you show it."""
    if service.get(job, client).kind != "video":
        raise RequestError(404, "the job prepares a face for live sessions; it has no video")
    path = service.runner.files(job).result("video")
    return _file(service, job, client, path, "video/mp4", "video.mp4")


@router.get(
    "/jobs/{job}/report", response_class=FileResponse, responses=_content("application/json")
)
def read_report(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return counts, times and settings of the run."""
    path = service.runner.files(job).report
    return _file(service, job, client, path, "application/json", "report.json")


@router.get("/jobs/{job}/strip", response_class=FileResponse, responses=_content("image/png"))
def read_strip(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return a few frames side by side."""
    path = service.runner.files(job).strip
    return _file(service, job, client, path, "image/png", "strip.png")


@router.get("/jobs/{job}/sync", response_class=FileResponse, responses=_content("application/json"))
def read_sync(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return the scores of the sync, second by second; or {"error": ...} if it cannot be scored."""
    path = service.runner.files(job).sync
    return _file(service, job, client, path, "application/json", "sync.json")
