"""Render the jobs of the queue, each in a process of its own."""

import logging
import re
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.execution.pool import DIED
from wav2lip.inference.setup import LipSyncerSetup
from wav2lip.web.child_process import ChildProcess
from wav2lip.web.job_files import JobFiles
from wav2lip.web.job_options import JobOptions
from wav2lip.web.job_store import JobRecord, JobStore
from wav2lip.web.progress import Progress
from wav2lip.web.render_order import Ended, RenderOrder, run_order
from wav2lip.web.server_settings import ServerSettings

LOOK = 0.2  # seconds between two looks at whether a running job was cancelled
IDLE = 5.0  # seconds between two looks at an empty queue; `wake` ends the wait
SWEEP = 30.0  # seconds between two searches for expired jobs
JOB = re.compile("[0-9a-f]{32}")  # name of a job's folder
TROUBLE = 5.0  # seconds until the next try after the queue could not be read or written, for example on a full disk

log = logging.getLogger(__name__)


class JobRunner:
    """Renders queued jobs and removes expired ones, in threads of its own.

    Args:
        store: the queue.
        settings: of the server.
    """

    def __init__(self, store: JobStore, settings: ServerSettings) -> None:
        self._store, self._settings = store, settings
        self._progress: dict[str, Progress] = {}
        self._work = threading.Semaphore(0)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, name=f"wav2lip-jobs-{n}", daemon=True)
            for n in range(settings.workers)
        ]
        self._threads.append(
            threading.Thread(target=self._sweep, name="wav2lip-sweep", daemon=True)
        )

    def start(self) -> None:
        """Queue what an earlier server left unfinished, remove what it left over, and begin."""
        self._store.recover()
        self.jobs.mkdir(parents=True, exist_ok=True)
        active, known = self._store.active_ids(), self._store.ids()
        for folder in self.jobs.iterdir():
            if not JOB.fullmatch(folder.name):
                continue  # somebody else's
            if folder.name not in known:
                JobFiles(folder).remove()
            elif folder.name not in active:
                JobFiles(folder).remove_inputs()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop. Running jobs return to the queue."""
        self._stopped.set()
        for _ in self._threads:
            self._work.release()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    @property
    def jobs(self) -> Path:
        """The folder of the folders of jobs."""
        return self._settings.folder / "jobs"

    @property
    def studio(self) -> Path:
        """The folder of Gradio's files."""
        return self._settings.folder / ".wav2lip-studio"

    def files(self, job: str) -> JobFiles:
        """Return the files of a stored job."""
        return JobFiles(self.jobs / job)

    def wake(self) -> None:
        """Say that a job was queued."""
        self._work.release()

    def progress(self, job: str) -> Progress:
        """Return how far a running job is."""
        return self._progress.get(job, Progress())

    def remove_expired(self) -> None:
        """Remove the finished jobs that need not be kept, with their files."""
        limits = self._settings.limits
        for job in self._store.expired(time.time() - limits.keep_seconds, limits.keep_jobs):
            self.files(job).remove()
            self._store.remove(job)
        for path in self.studio.rglob("*"):
            if path.is_file() and path.stat().st_mtime < time.time() - limits.keep_seconds:
                path.unlink()

    def _sweep(self) -> None:
        while not self._stopped.is_set():
            try:
                self.remove_expired()
            except (OSError, sqlite3.Error):  # the next search tries again
                log.exception("expired jobs were not removed")
            self._stopped.wait(SWEEP)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                served = self._serve_next()
            except (OSError, sqlite3.Error):
                log.exception("the queue")
                self._stopped.wait(TROUBLE)
                continue
            if not served:
                self._work.acquire(timeout=IDLE)

    def _serve_next(self) -> bool:
        """Render the next job; return whether there was one."""
        job = self._store.claim()
        if job is None:
            return False
        try:
            self._render(job)
        except Exception as error:  # a bug; the next job is served all the same
            if self._stopped.is_set() and isinstance(error, sqlite3.Error):
                raise  # the next server renders it again
            log.exception("job %s", job.id)
            self._finish(job.id, "internal error; the server's log has more")
            self.files(job.id).remove_inputs()
        finally:
            self._progress.pop(job.id, None)
        return True

    def _finish(self, job: str, error: str) -> bool:
        """Store how a job has ended, see `JobStore.finish`; again and again while the queue cannot be written."""
        while True:
            try:
                return self._store.finish(job, error)
            except sqlite3.Error:
                log.exception("the end of job %s is not stored yet", job)
                if self._stopped.wait(TROUBLE):
                    raise

    def _order(self, job: JobRecord) -> RenderOrder:
        options = JobOptions.from_plain(job.options)
        checkpoint = self._settings.checkpoint
        if options.model:
            model = self.files(options.model).result("personal")
            if not model.is_file():
                raise InputError("model: it was removed after the job was sent; tune it again")
            checkpoint = str(model)
        setup = LipSyncerSetup(checkpoint, self._settings.device, options.settings()).absolute()
        command, limits = self._settings.tts_command, self._settings.limits
        return RenderOrder(self.files(job.id), job.kind, setup, options.check_sync, command, limits)

    def _render(self, job: JobRecord) -> None:
        files = self.files(job.id)
        try:
            order = self._order(job)
        except InputError as problem:
            self._finish(job.id, str(problem))
            files.remove_inputs()
            return
        child = ChildProcess(run_order)
        try:
            with suppress(OSError):  # it has died already; `_follow` says so
                child.connection.send(order)
            error = self._follow(job, child)
        finally:
            child.end()
        if error is None and self._stopped.is_set():
            self._store.put_back(job.id)
        elif error is None:  # cancelled
            files.remove()
        else:
            if not self._finish(job.id, error):  # cancelled at the last moment
                files.remove()
            files.remove_inputs()

    def _follow(self, job: JobRecord, child: ChildProcess) -> str | None:
        """Wait for the end of a job.

        Returns:
            Nothing, or one line if it failed; None if it was cancelled or the server stops.
        """
        limits = self._settings.limits
        limit = limits.job_seconds + (60 * limits.personal_minutes if job.kind == "personal" else 0)
        deadline = time.monotonic() + limit
        while not self._stopped.is_set():
            stored = self._store.get(job.id)
            if stored is None or stored.state != "running":
                return None
            if time.monotonic() > deadline:
                return (
                    f"rendering takes longer than {limit:g} s, the limit of this server; send less"
                )
            try:
                if not child.connection.poll(LOOK):
                    continue
                message = child.connection.recv()
            except (EOFError, OSError):
                return DIED
            if isinstance(message, Ended):
                return message.error
            self._progress[job.id] = message
        return None
