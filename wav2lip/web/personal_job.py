"""Tune a generator to one person, as a job."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from wav2lip.errors import InputError
from wav2lip.utils.files import write_atomically
from wav2lip.web.job_files import JobFiles

Notify = Callable[[str, float, float], None]
TICK = 1.0  # seconds between two messages while nothing else tells how far the tuning is


def can_tune() -> bool:
    """Return whether the extra `train`, which tuning requires, is installed."""
    return all(find_spec(name) for name in ("torch", "matplotlib", "jinja2"))


@dataclass(frozen=True)
class PersonalVerdict:
    """What the page shows of a verdict.

    Attributes:
        go: whether there is a model.
        line: the verdict.
        reasons: why parts stayed as they were.
    """

    go: bool
    line: str
    reasons: list[str]

    def to_json(self) -> bytes:
        """Return the verdict as JSON."""
        return f"{json.dumps(vars(self), indent=2)}\n".encode()


@contextmanager
def _ticking(notify: Notify, stage: str, seconds: float) -> Iterator[None]:
    """Tell how much of its time a stage has used. `notify` must not be called by others meanwhile."""
    ended, began = threading.Event(), time.monotonic()

    def run() -> None:
        while not ended.is_set():
            notify(stage, min(seconds, time.monotonic() - began), seconds)
            ended.wait(TICK)

    thread = threading.Thread(target=run, name="wav2lip-ticking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def tune(files: JobFiles, checkpoint: str, minutes: float, notify: Notify) -> None:
    """Tune a generator to the person in the video of a job; write the verdict, and the generator if it is better.

    Args:
        files: of the job.
        checkpoint: the generator to start from.
        minutes: time for everything.
        notify: told how far it is.

    Raises:
        InputError: the generator cannot be tuned, or nothing can be learned from the video.
    """
    import torch  # an extra

    from wav2lip.personalization import film_material, load_start, personalize, write_personal

    began = time.monotonic()
    torch.manual_seed(0)
    try:
        start = load_start(checkpoint)
    except InputError as error:  # names a file of the server
        raise InputError(
            "the generator of this server cannot be tuned; start the server with one that moves a mesh, not exported"
        ) from error
    shutil.rmtree(files.work, ignore_errors=True)  # of a try that was killed
    files.work.mkdir()
    try:
        material = film_material([files.face], files.work, notify)
        left = 60 * minutes - (time.monotonic() - began)
        with _ticking(notify, "tuning", max(1.0, left)):
            personal = personalize(start, material, minutes, since=began)
    finally:
        shutil.rmtree(files.work, ignore_errors=True)
    verdict = personal.verdict
    write_atomically(files.verdict, verdict.html().encode())
    if verdict.go:
        write_personal(files.result("personal"), personal, start.config)
    found = PersonalVerdict(verdict.go, verdict.line, verdict.reasons)
    write_atomically(files.report, found.to_json())
