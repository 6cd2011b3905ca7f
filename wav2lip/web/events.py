"""The progress of a job as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from wav2lip.web.job_view import FINAL, JobView
from wav2lip.web.request_error import RequestError

LOOK = 0.25  # seconds between two looks at a job
SILENCE = 15.0  # seconds after which an empty line keeps the connection open


class EventStreams:
    """Counts the streams that are open.

    Args:
        most: that may be open at the same time.
    """

    def __init__(self, most: int) -> None:
        self._most, self._open = most, 0

    def follow(self, look: Callable[[], JobView]) -> AsyncIterator[str]:
        """Open a stream, see `job_events`.

        Raises:
            RequestError: there are too many, or there is no such job.
        """
        look()
        if self._open >= self._most:
            raise RequestError(
                429,
                f"{self._most} clients follow jobs, the limit of this server; ask for the job itself instead",
            )
        return self._counted(look)

    async def _counted(self, look: Callable[[], JobView]) -> AsyncIterator[str]:
        self._open += 1
        try:
            async for event in job_events(look):
                yield event
        finally:
            self._open -= 1


async def job_events(look: Callable[[], JobView]) -> AsyncIterator[str]:
    """Yield an event with the job whenever it has changed, until it has ended.

    Args:
        look: returns the job; raises RequestError once it is removed.
    """
    last, spoken = "", time.monotonic()
    while True:
        try:
            job = look()
        except RequestError:
            return
        text = job.model_dump_json()
        if text != last:
            last, spoken = text, time.monotonic()
            yield f"event: job\ndata: {text}\n\n"
        elif time.monotonic() - spoken > SILENCE:
            spoken = time.monotonic()
            yield ": still here\n\n"
        if job.state in FINAL:
            return
        await asyncio.sleep(LOOK)
