"""Many faces and voices from one table; a failed pair does not stop the rest."""

import csv
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av.error
import cv2

from wav2lip.errors import InputError
from wav2lip.inference.report import Report
from wav2lip.utils.files import write_atomically

COLUMNS = ("face", "audio", "output")
# What a single bad file may raise beside InputError, the last resort of a long night's run.
FAILURES = (InputError, OSError, ValueError, RuntimeError, MemoryError, av.error.FFmpegError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One row of the table."""

    face: Path
    audio: Path
    output: Path


def read_jobs(path: Path) -> list[Job]:
    """The rows of a CSV file with the columns face, audio and output.

    Raises `InputError`: not such a file, an empty cell, the same output twice.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            table = csv.DictReader(file)
            missing = [c for c in COLUMNS if c not in (table.fieldnames or [])]
            if missing:
                raise InputError(
                    f"{path}: has no column {', '.join(missing)}; its first line must name "
                    f"{', '.join(COLUMNS)}"
                )
            rows = list(table)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV file in UTF-8 ({error})") from error
    jobs, taken = [], set()
    for line, row in enumerate(rows, start=2):
        cells = [(row[column] or "").strip() for column in COLUMNS]
        if not all(cells):
            raise InputError(f"{path}, line {line}: a cell is empty; fill face, audio and output")
        job = Job(*map(Path, cells))
        if job.output in taken:
            raise InputError(f"{path}, line {line}: {job.output} is written twice; rename one")
        taken.add(job.output)
        jobs.append(job)
    if not jobs:
        raise InputError(f"{path}: has no rows; give one face, audio and output a line")
    return jobs


def run_jobs(
    jobs: list[Job],
    make: Callable[[Job, int], Report],
    judge: Callable[[Path], dict[str, Any]] | None = None,
    report: Path | None = None,
) -> dict[str, int]:
    """Run `make(job, number)` for every job whose output is not there yet.

    Outputs appear whole or not at all, so a file that is there is done: running the same table
    again resumes it. `judge(output)` gives the certificate of every output that is there, made now or
    before. `report`, a JSON file, is brought up to date after each job.
    Returns how many were made, skipped and failed.
    """
    counts = {"made": 0, "skipped": 0, "failed": 0}
    rows: list[dict[str, Any]] = []
    for number, job in enumerate(jobs):
        row: dict[str, Any] = {column: str(getattr(job, column)) for column in COLUMNS}
        if job.output.is_file():
            row["state"] = "skipped"
        else:
            try:
                row["report"], row["state"] = asdict(make(job, number)), "made"
                row["report"].pop("certificate")  # beside it, as that of an output made before
            except (*FAILURES, cv2.error) as error:
                row["error"], row["state"] = " ".join(str(error).split()), "failed"
                log.error("failed: %s", row["error"])
        certificate = judge(job.output) if judge and row["state"] != "failed" else {}
        if certificate:
            row["certificate"] = certificate
        counts[row["state"]] += 1
        rows.append(row)
        if report is not None:
            text = json.dumps({"jobs": rows, **counts}, indent=2, ensure_ascii=False)
            write_atomically(report, f"{text}\n".encode())
    return counts
