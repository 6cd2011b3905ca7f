"""The routes of personal models."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from wav2lip.web.job_routes import Client, JobId, Service, submit_form
from wav2lip.web.job_view import JobView
from wav2lip.web.request_error import RequestError
from wav2lip.web.route_descriptions import ANSWERS, FILE, SENDING, describe_form, in_json
from wav2lip.web.sandbox import sandboxed

VIDEO_FORM = describe_form(
    {"face": {**FILE, "description": "Video of one person who speaks, with sound."}}, ["face"]
)
personal_router = APIRouter(prefix="/v1", tags=["personal models"])


@personal_router.post("/personal", status_code=201, responses=SENDING, openapi_extra=VIDEO_FORM)
async def create_personal(request: Request, service: Service, client: Client) -> JobView:
    """Send a video of one person; the job tunes the server's generator to this person.

    A fifth of the video is held out. The job has a result, which other jobs of the same client may name as their model,
    if the generator is better there.
    """
    return await submit_form("personal", request, service, client)


@personal_router.get("/jobs/{job}/verdict", response_class=HTMLResponse, responses=in_json(ANSWERS))
def read_verdict(job: JobId, service: Service, client: Client) -> Response:
    """Return the verdict on a personal model as a page."""
    service.check_done(job, client)
    path = service.runner.files(job).verdict
    if not path.is_file():
        raise RequestError(404, "the job has no verdict; only personal models have one")
    return sandboxed(path)
