"""Process many pairs of face and audio from a table; a failed pair does not stop the others."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av.error
import cv2

from wav2lip.errors import InputError
from wav2lip.inference.report import Report
from wav2lip.utils.addresses import require_local
from wav2lip.utils.files import write_atomically
from wav2lip.utils.outputs import Named, check_outputs
from wav2lip.utils.signals import Stopped
from wav2lip.utils.tables import read_table

COLUMNS = ("face", "audio", "output")
# What a bad file may raise; a run over many files must survive it.
FAILURES = (InputError, OSError, ValueError, RuntimeError, MemoryError, av.error.FFmpegError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One row of the table.

    Attributes:
        face: photo or video.
        audio: file with sound.
        output: video to write.
        line: of the table; 0: unknown.
    """

    face: Path
    audio: Path
    output: Path
    line: int = 0


def read_jobs(path: Path) -> list[Job]:
    """Read a CSV file with the columns face, audio and output.

    Raises:
        InputError: it is not such a file, a cell is empty or the address of a remote file, or an output occurs
            twice.
    """
    columns, rows = read_table(path, "table of jobs")
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)}; its first line must contain "
            f"{', '.join(COLUMNS)}"
        )
    jobs, outputs = [], set()
    for line, row in rows:
        cells = [row[column].strip() for column in COLUMNS]
        if not all(cells):
            raise InputError(f"{path}, line {line}: a cell is empty; fill face, audio and output")
        for column, cell in zip(COLUMNS, cells, strict=True):
            require_local(f"{path}, line {line}: {column}", cell)
        face, audio, output = map(Path, cells)
        job = Job(face, audio, output, line)
        if job.output in outputs:
            raise InputError(f"{path}, line {line}: {job.output} is written twice; rename one")
        outputs.add(job.output)
        jobs.append(job)
    if not jobs:
        raise InputError(f"{path}: no rows; add one per video: face,audio,output")
    return jobs


def strip_of(job: Job, strip: Path | None) -> Path | None:
    """Return the strip of a job: beside its output, with its name and the suffix of `strip`."""
    return job.output.with_suffix(strip.suffix) if strip else None


def check_jobs(
    jobs: Sequence[Job], strip: Path | None, outputs: Sequence[Named], inputs: Sequence[Named]
) -> None:
    """Check that no job writes over an input of any job, nor over another job's output.

    Args:
        jobs: rows of the table.
        strip: see `strip_of`.
        outputs: other files that are written, with their roles.
        inputs: other files that are read.

    Raises:
        InputError: two are the same file.
    """
    written, read = [*outputs], [*inputs]
    for job in jobs:
        place = f"of line {job.line}"
        written += [(f"output {place}", job.output), (f"strip {place}", strip_of(job, strip))]
        read += [(f"face {place}", job.face), (f"audio {place}", job.audio)]
    check_outputs(written, read)


def _finished(job: Job, strip: Path | None) -> bool:
    files = [path for path in (job.output, strip_of(job, strip)) if path]
    return all(path.is_file() and path.stat().st_size for path in files)


def _run_job(
    job: Job, number: int, render: Callable[[Job, int], Report], strip: Path | None
) -> dict[str, Any]:
    """Run a job, unless its files exist, and return its row of the report."""
    row: dict[str, Any] = {column: str(getattr(job, column)) for column in COLUMNS}
    try:
        if _finished(job, strip):
            row["state"] = "skipped"
        else:
            row["report"], row["state"] = asdict(render(job, number)), "made"
            row["report"].pop("sync")  # it stands beside the report, for skipped jobs too
    except (*FAILURES, cv2.error) as error:
        row["error"], row["state"] = " ".join(str(error).split()), "failed"
        log.error("failed: %s", row["error"])
    return row


def run_jobs(
    jobs: list[Job],
    render: Callable[[Job, int], Report],
    check_sync: Callable[[Path], dict[str, Any]] | None = None,
    report: Path | None = None,
    strip: Path | None = None,
) -> dict[str, int]:
    """Run every job whose output, or strip, does not exist.

    An output appears whole or not at all. An existing file is therefore finished, and running the
    same table again resumes it.

    Args:
        jobs: rows of the table.
        render: called with a job and its number; writes its output.
        check_sync: called with each output that exists; returns its `SyncReport` as plain data.
        report: JSON file, updated after each job.
        strip: see `strip_of`.

    Returns:
        How many jobs were made, skipped and failed.
    """
    counts = {"made": 0, "skipped": 0, "failed": 0}
    rows: list[dict[str, Any]] = []
    try:
        for number, job in enumerate(jobs):
            row = _run_job(job, number, render, strip)
            sync = check_sync(job.output) if check_sync and row["state"] != "failed" else {}
            if sync:
                row["sync"] = sync
            counts[row["state"]] += 1
            rows.append(row)
            if report is not None:
                text = json.dumps({"jobs": rows, **counts}, indent=2, ensure_ascii=False)
                write_atomically(report, f"{text}\n".encode("utf-8", "backslashreplace"))
    except Stopped as stop:
        done = counts["made"] + counts["skipped"]
        stop.add_note(f"{done} of {len(jobs)} videos are done; the same command does the others")
        raise
    return counts
