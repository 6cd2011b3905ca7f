"""What the routes do: take a job, show it, cancel it."""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import TypeAlias

import anyio.to_thread

from wav2lip.errors import InputError
from wav2lip.utils.files import write_atomically
from wav2lip.utils.write_errors import report_as
from wav2lip.web.events import EventStreams
from wav2lip.web.job_files import JobFiles
from wav2lip.web.job_options import JobOptions
from wav2lip.web.job_runner import JobRunner
from wav2lip.web.job_store import JobRecord, JobStore, Kind
from wav2lip.web.media_check import MediaChecker
from wav2lip.web.personal_job import can_tune
from wav2lip.web.request_error import RequestError
from wav2lip.web.server_settings import ServerSettings
from wav2lip.web.speech_synthesis import check_text

# Writes the named files of a job, and returns the texts of the named fields.
Fill: TypeAlias = Callable[[Mapping[str, Path], Collection[str]], Awaitable[Mapping[str, str]]]

FIELDS: dict[Kind, tuple[str, ...]] = {  # parts of a form that are no files
    "video": ("settings", "check_sync", "text", "model"),
    "avatar": ("settings",),
    "personal": (),
}
DATABASE = "jobs.sqlite3"
ROOM = 2  # times the limit of an upload that must be free on the disk


class JobService:
    """Takes jobs, shows and cancels them. One server owns one folder.

    Args:
        settings: of the server.

    Attributes:
        settings: of the server.
        store: the queue.
        runner: renders it.
        streams: of clients that follow jobs.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        with report_as(settings.folder):
            settings.folder.mkdir(parents=True, exist_ok=True)
        self.store = JobStore(settings.folder / DATABASE)
        self.runner = JobRunner(self.store, settings)
        self.streams = EventStreams(settings.limits.event_streams)
        self._checker = MediaChecker()
        self._receiving: Counter[str] = Counter()  # requests by client

    def start(self) -> None:
        """Begin to render."""
        self.runner.start()

    def close(self) -> None:
        """Stop; unfinished jobs stay in the queue."""
        self.runner.close()
        self._checker.close()
        self.store.close()

    @contextmanager
    def _admit(self, client: str) -> Iterator[None]:
        """Count a request that is being received.

        Raises:
            RequestError: the queue is full, or the client has its share.
        """
        limits = self.settings.limits
        if self.store.active() + self._receiving.total() >= limits.queue:
            raise RequestError(429, f"the queue is full ({limits.queue} jobs); try again later")
        if self.store.active(client) + self._receiving[client] >= limits.per_client:
            raise RequestError(
                429,
                f"you have {limits.per_client} jobs that wait or run, the limit of this server; wait for one of them",
            )
        if disk_usage(self.settings.folder).free < ROOM * limits.upload_bytes:
            raise RequestError(429, "the disk of the server is nearly full; try again later")
        self._receiving[client] += 1
        try:
            yield
        finally:
            self._receiving[client] -= 1
            if not self._receiving[client]:
                del self._receiving[client]

    async def submit(self, kind: Kind, client: str, fill: Fill) -> JobRecord:
        """Receive a job, check it and queue it.

        Args:
            kind: of the job.
            client: who sends it.
            fill: writes the files.

        Raises:
            InputError: the files or values cannot be used, or there is no room.
        """
        limits = self.settings.limits
        job = JobRecord(secrets.token_hex(16), client, kind)
        files = self.runner.files(job.id)
        named = {"face": files.face}
        if kind == "video":
            named["audio"] = files.audio
        fields = FIELDS[kind]
        if kind == "personal" and not can_tune():
            raise InputError("this server tunes no personal models; torch is not installed on it")
        with self._admit(client):
            queued = False
            try:
                with report_as(files.folder):
                    files.folder.mkdir(parents=True)
                values = await fill(named, fields)
                options = JobOptions.from_form(values)
                if options.model:
                    self._check_model(options.model, client)
                if kind == "video":
                    self._take_text(values.get("text", ""), files)
                has_audio = kind == "video" and not files.text.is_file()
                await anyio.to_thread.run_sync(self._checker, files.folder, has_audio, limits)
                job = JobRecord(job.id, client, kind, options.to_plain())
                self.store.add(job)
                queued = True
            finally:
                if not queued:  # also if the client has left
                    files.remove()
        self.runner.wake()
        return self.get(job.id, client)

    def _check_model(self, job: str, client: str) -> None:
        """Check that a job is a personal model of a client.

        Raises:
            RequestError: it is not, or not yet.
        """
        if self.check_done(job, client).kind != "personal":
            raise RequestError(422, "model: the job tunes no personal model; name one that does")
        if not self.runner.files(job).result("personal").is_file():
            raise RequestError(422, "model: it was not better, so there is none; see its verdict")

    def check_done(self, job: str, client: str) -> JobRecord:
        """Return a job of a client that is done.

        Raises:
            RequestError: the client has no such job, or it is not done.
        """
        found = self.get(job, client)
        if found.state in ("queued", "running"):
            raise RequestError(409, f"the job is {found.state}; wait until it is done")
        if found.state != "done":
            reason = f": {found.error}" if found.error else ""
            raise RequestError(404, f"the job was {found.state}{reason}")
        return found

    def _take_text(self, text: str, files: JobFiles) -> None:
        """Store the text of a job that has no sound.

        Raises:
            InputError: there are both or neither, or the text cannot be spoken here.
        """
        speaks, has_audio = bool(self.settings.tts_command), files.audio.is_file()
        if not text and not has_audio:
            cure = "audio or text" if speaks else "audio"
            raise RequestError(400, f"the part audio is missing; send face and {cure}")
        if text and has_audio:
            raise RequestError(400, "audio and text: there are both; send one")
        if text and not speaks:
            raise InputError("text: this server speaks no text; send audio")
        if text:
            line = check_text(text, self.settings.limits.text_characters)
            write_atomically(files.text, line.encode())

    def get(self, job: str, client: str) -> JobRecord:
        """Return a job of a client.

        Raises:
            RequestError: the client has no such job.
        """
        found = self.store.get(job)
        if found is None or found.client != client:
            raise RequestError(
                404, "there is no such job; it may have been removed after its time was over"
            )
        return found

    def cancel(self, job: str, client: str) -> JobRecord:
        """Cancel a job that waits or runs; remove one that has ended, with its files.

        Returns:
            The job as it is, or was, afterwards.

        Raises:
            RequestError: the client has no such job.
        """
        found = self.get(job, client)
        before = self.store.cancel(job)
        if before == "running":  # the runner removes its files
            return self.get(job, client)
        self.runner.files(job).remove()
        if before == "queued":
            return self.get(job, client)
        self.store.remove(job)
        return found
