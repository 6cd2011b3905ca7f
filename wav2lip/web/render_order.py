"""Render one job, in a process of its own."""

import json
import time
import traceback
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2

from wav2lip.errors import InputError
from wav2lip.evaluation.judge import load_judge
from wav2lip.evaluation.sync_report import check_sync
from wav2lip.faces.detectors import build_detector
from wav2lip.faces.detectors.fixed import FixedBox
from wav2lip.inference.batch_jobs import FAILURES
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.report import Report
from wav2lip.inference.setup import LipSyncerSetup
from wav2lip.inference.strip import Strip
from wav2lip.live.avatar import Avatar
from wav2lip.media.rules import limit_pixels
from wav2lip.utils.files import write_atomically
from wav2lip.utils.signals import stop_behind
from wav2lip.web.job_files import JobFiles
from wav2lip.web.job_store import Kind
from wav2lip.web.limits import Limits
from wav2lip.web.media_check import check_sound
from wav2lip.web.personal_job import tune
from wav2lip.web.progress import Progress
from wav2lip.web.speech_synthesis import speak

JUDGE = "bundled:judge"
AVATAR_BYTES = 500_000_000  # of a prepared face; sessions hold it in the server's memory
INTERVAL = 0.2  # seconds between two messages about progress
INTERNAL = "internal error; the server's log has more"


@dataclass(frozen=True)
class Ended:
    """The end of a job.

    Attributes:
        error: one line, if it failed.
    """

    error: str = ""


@dataclass(frozen=True)
class RenderOrder:
    """What is rendered.

    Attributes:
        files: of the job.
        kind: of the job.
        setup: of the generator.
        check_sync: whether the sync of the video is scored.
        tts_command: speaks the text of a job that has one.
        limits: of the server.
    """

    files: JobFiles
    kind: Kind
    setup: LipSyncerSetup
    check_sync: bool
    tts_command: tuple[str, ...]
    limits: Limits


class _Notifier:
    """Sends progress, but not more often than anybody looks."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection, self._last, self._stage = connection, 0.0, ""

    def __call__(self, stage: str, done: float, total: float) -> None:
        now = time.monotonic()
        if stage != self._stage or now - self._last >= INTERVAL:
            self._last, self._stage = now, stage
            self._connection.send(Progress(stage, done, total))


def _without_paths(value: Any) -> Any:
    """Return plain data in which every absolute path is the name of its file."""
    if isinstance(value, dict):
        return {key: _without_paths(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_paths(part) for part in value]
    if isinstance(value, str) and Path(value).is_absolute():
        return Path(value).name
    return value


def _write_json(path: Path, values: dict[str, Any]) -> None:
    text = json.dumps(_without_paths(values), indent=2, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode("utf-8", "backslashreplace"))


def _score(order: RenderOrder, syncer: LipSyncer) -> dict[str, Any]:
    """Return the sync report of the video as plain data, or why there is none."""
    settings = syncer.settings
    detector = (
        build_detector(settings.detector, settings.detector_weights, syncer.device)
        if settings.finds_faces
        else FixedBox(settings.fixed_box)
    )
    try:
        judge = load_judge(JUDGE, syncer.device)
        return check_sync(order.files.result("video"), judge, detector).as_dict()
    except (*FAILURES, cv2.error) as error:
        return {"error": order.files.message(error)}


def _write_report(files: JobFiles, report: Report) -> None:
    values = asdict(report)
    values["warnings"] = [line.replace(f"{files.folder}/", "") for line in report.warnings]
    _write_json(files.report, values)


def _check_size(avatar: Path) -> None:
    """Remove an avatar that would take too much of the server's memory.

    Raises:
        InputError: it was removed.
    """
    size = avatar.stat().st_size
    if size > AVATAR_BYTES:
        avatar.unlink()
        raise InputError(
            f"face: prepared it takes {size / 1e6:.0f} MB, more than {AVATAR_BYTES / 1e6:.0f}; "
            "send a smaller or shorter video"
        )


def _render(order: RenderOrder, notify: _Notifier) -> None:
    files = order.files
    if order.kind == "personal":
        limit_pixels(order.limits.pixels)
        tune(files, order.setup.checkpoint, order.limits.personal_minutes, notify)
        return
    if files.text.is_file():
        notify("speaking the text", 0.0, 0.0)
        speak(order.tts_command, files.text.read_text("utf-8"), files.audio)
        check_sound(files.audio, order.limits.audio_seconds)
    notify("loading the generator", 0.0, 0.0)
    limit_pixels(order.limits.pixels)
    cv2.setNumThreads(1)  # each pipeline stage has its own thread
    syncer = order.setup()
    if order.kind == "avatar":
        notify("preparing the face", 0.0, 0.0)
        engine, device = syncer.mesh_engine, str(syncer.device)
        avatar = Avatar.from_file(files.face, engine, syncer.settings, device=device)
        avatar.save(files.result("avatar"))
        _check_size(files.result("avatar"))
        return
    report = syncer(
        files.face, files.audio, files.result("video"), progress=notify, strip=Strip(files.strip)
    )
    if order.check_sync:
        notify("checking the sync", report.audio_seconds, report.audio_seconds)
        report.sync = _score(order, syncer)
        _write_json(files.sync, report.sync)
    _write_report(files, report)


def run_order(connection: "Connection[Any, Any]") -> None:
    """Receive a `RenderOrder`, render it, and send `Progress` and in the end `Ended`."""
    order: RenderOrder = connection.recv()
    try:
        _render(order, _Notifier(connection))
    except (InputError, cv2.error) as error:
        connection.send(Ended(order.files.message(error)))
    except Exception as error:  # noqa: BLE001 -- a bug, or a library's error on a damaged file
        stop = stop_behind(error)
        if stop is not None:
            raise stop from None
        traceback.print_exc()
        connection.send(Ended(INTERNAL))
    else:
        connection.send(Ended())
