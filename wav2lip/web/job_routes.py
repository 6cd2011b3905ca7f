"""The routes of jobs."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, StreamingResponse

from wav2lip.web.job_service import JobService
from wav2lip.web.job_store import Kind
from wav2lip.web.job_view import JobView, view
from wav2lip.web.request_error import RequestError
from wav2lip.web.route_descriptions import (
    ANSWERS,
    AVATAR_FORM,
    JOB_FORM,
    REMOVING,
    SENDING,
    describe_file,
)
from wav2lip.web.uploads import receive_form

JobId = Annotated[
    str,
    PathParameter(pattern="^[0-9a-f]{32}$", description="Name of the job.", examples=["0" * 32]),
]


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


async def submit_form(kind: Kind, request: Request, service: JobService, client: str) -> JobView:
    """Take a job whose form is the body of a request.

    Raises:
        InputError: it cannot be used.
    """
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
    return await submit_form("video", request, service, client)


@router.post("/avatars", status_code=201, responses=SENDING, openapi_extra=AVATAR_FORM)
async def create_avatar(request: Request, service: Service, client: Client) -> JobView:
    """Send a face; the job prepares it for live sessions."""
    return await submit_form("avatar", request, service, client)


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
        429: {**SENDING[429], "description": "Too many clients follow jobs."},
        200: {
            "description": "Events named job; the data of each is the job. The stream ends with the job.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
)
async def read_events(job: JobId, service: Service, client: Client) -> StreamingResponse:
    """Follow a job by server-sent events."""
    events = service.streams.follow(lambda: show(service, job, client))
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
    service.check_done(job, client)
    if not path.is_file():
        raise RequestError(404, f"the job has no {name.partition('.')[0]}; it was not asked for")
    label = f"wav2lip-synthetic-{job[:8]}-{name}"
    return FileResponse(
        path, media_type=media_type, filename=label, content_disposition_type="inline"
    )


@router.get(
    "/jobs/{job}/result",
    response_class=FileResponse,
    responses=describe_file("video/mp4", "application/octet-stream"),
)
def read_result(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return the video, which is synthetic: say so where you show it. Of a personal model: the checkpoint."""
    kind, files = service.get(job, client).kind, service.runner.files(job)
    if kind == "video":
        return _file(service, job, client, files.result(kind), "video/mp4", "video.mp4")
    if kind == "avatar":
        raise RequestError(404, "the job prepares a face for live sessions; it has no video")
    path = files.result(kind)
    service.check_done(job, client)
    if not path.is_file():
        raise RequestError(404, "the model is not better, so there is none; see the verdict")
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=f"wav2lip-personal-{job[:8]}{path.suffix}",
    )


@router.get(
    "/jobs/{job}/report", response_class=FileResponse, responses=describe_file("application/json")
)
def read_report(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return counts, times and settings of the run."""
    path = service.runner.files(job).report
    return _file(service, job, client, path, "application/json", "report.json")


@router.get("/jobs/{job}/strip", response_class=FileResponse, responses=describe_file("image/png"))
def read_strip(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return a few frames side by side."""
    path = service.runner.files(job).strip
    return _file(service, job, client, path, "image/png", "strip.png")


@router.get(
    "/jobs/{job}/sync", response_class=FileResponse, responses=describe_file("application/json")
)
def read_sync(job: JobId, service: Service, client: Client) -> FileResponse:
    """Return the scores of the sync, second by second; or {"error": ...} if it cannot be scored."""
    path = service.runner.files(job).sync
    return _file(service, job, client, path, "application/json", "sync.json")
