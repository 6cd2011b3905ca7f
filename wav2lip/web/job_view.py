"""Jobs as clients see them."""

from typing import Literal

from pydantic import BaseModel, Field

from wav2lip.web.job_store import JobRecord, Kind, State
from wav2lip.web.progress import Progress

FINAL = ("done", "failed", "cancelled")


class ErrorView(BaseModel):
    """What every error answers."""

    error: str = Field(description="One line that says what is wrong and what to do about it.")


class JobView(BaseModel):
    """One job."""

    id: str = Field(description="Name of the job.")
    kind: Kind = Field(description="What is made.")
    state: State = Field(description="queued, running, done, failed or cancelled.")
    stage: str = Field("", description="What is done now, while the job runs.")
    progress: float | None = Field(None, description="Share that is done, 0 to 1; null: not known.")
    ahead: int = Field(0, description="Jobs that are rendered before this one, while it waits.")
    error: str = Field("", description="One line, if the job failed.")
    created: float = Field(description="Seconds since 1970, as the following.")
    started: float | None = None
    finished: float | None = None
    removed_after: float | None = Field(None, description="When a finished job is removed.")
    synthetic: Literal[True] = Field(
        default=True, description="What a job makes is synthetic; say so where you show it."
    )


def view(job: JobRecord, progress: Progress, ahead: int, keep_seconds: float) -> JobView:
    """Return a job as clients see it.

    Args:
        job: the job.
        progress: of a running job.
        ahead: jobs before a waiting one.
        keep_seconds: time after which a finished job is removed.
    """
    share: float | None = None
    if job.state == "done":
        share = 1.0
    elif progress.total:
        share = min(1.0, round(progress.done / progress.total, 4))
    return JobView(
        id=job.id,
        kind=job.kind,
        state=job.state,
        stage=progress.stage,
        progress=share,
        ahead=ahead,
        error=job.error,
        created=job.created,
        started=job.started,
        finished=job.finished,
        removed_after=None if job.finished is None else job.finished + keep_seconds,
    )
