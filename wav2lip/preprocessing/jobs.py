"""The job of one video: its parameters, its execution, and the record that lets a later run skip it."""

import errno
import hashlib
import json
import logging
import math
import os
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Self

import cv2

from wav2lip.clips import ClipFile, ManifestRow, parse_row
from wav2lip.errors import InputError, OutputError
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.media.rules import limit_pixels
from wav2lip.preprocessing.clip import Video, clip_name, video_to_clips
from wav2lip.preprocessing.dropped import Dropped, parse_dropped
from wav2lip.preprocessing.frame_folders import frames_to_clips
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.utils.files import absolute_if_file, write_atomically
from wav2lip.utils.text import printable

# Errors that an unusual file may cause.
UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    cv2.error,
)
# These concern every job: no space, quota, a read-only file system, too many open files.
FATAL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VideoJob:
    """One video to preprocess, with everything a worker needs.

    Attributes:
        video: the input.
        folder: output folder.
        detector: name of the face detector; not "auto", so that a record tells which one was used.
        weights: file of the detector's weights; None: the default.
        settings: crop settings.
        device: torch device of the detector. The clips do not depend on it.
        max_pixels: of the largest picture that is read; None: the default.
    """

    video: Video
    folder: Path
    detector: str
    weights: str | None
    settings: ClipSettings
    device: str | None = "cpu"
    max_pixels: int | None = None

    @property
    def record(self) -> Path:
        """File of the outcome."""
        return self.folder / "records" / f"{clip_name(self.video.source)}.json"

    @property
    def key(self) -> str:
        """Hash of the video and of every setting that its clips depend on; not of speaker and split.

        The seconds that are read count if they are limited: records of whole videos keep their key.
        """
        try:
            status = self.video.path.stat()
            size, modified = status.st_size, status.st_mtime_ns
        except (OSError, ValueError):  # a dangling link, or a name that no file can have
            size, modified = -1, -1
        parts = [
            self.video.source,
            size,
            modified,
            self.detector,
            self.weights,
            asdict(self.settings),
        ]
        if math.isfinite(self.video.seconds):
            parts.append(self.video.seconds)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def run(self) -> "Outcome":
        """See `run_job`."""
        return run_job(self)

    def lost(self, reason: str) -> "Outcome":
        """Return the outcome of a job whose process died; it is not recorded, so the next run tries again."""
        return Outcome(self.video.source, [], reason)

    def absolute(self) -> Self:
        """Return the same job with absolute paths."""
        return replace(
            self,
            video=replace(self.video, path=self.video.path.resolve()),
            folder=self.folder.resolve(),
            weights=absolute_if_file(self.weights),
        )


@dataclass
class Outcome:
    """Outcome of one video.

    Attributes:
        source: the video, relative to the input.
        rows: manifest rows; empty if the video failed.
        reason: why it failed.
        remarks: damage of the video, one line per kind.
        dropped: stretches that are in no clip.
    """

    source: str
    rows: list[ManifestRow]
    reason: str = ""
    remarks: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)


@cache
def get_detector(name: str, weights: str | None, device: str | None = "cpu") -> Detector:
    """Create a detector once per process."""
    return build_detector(name, weights, device)


def _write_clips(job: VideoJob, problems: list[str], dropped: list[Dropped]) -> list[ManifestRow]:
    path = job.video.path
    if path.is_symlink() and not path.exists():
        raise InputError(f"{path}: is a link to {path.readlink()}, which does not exist; mend it")
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise InputError(f"{path}: the folder cannot be read; check its permissions")
        return frames_to_clips(job.video, job.folder, job.settings, problems, dropped)
    detector = get_detector(job.detector, job.weights, job.device)
    return video_to_clips(job.video, job.folder, detector, job.settings, problems, dropped)


def _one_line(error: object) -> str:
    return printable(" ".join(str(error).split()))


def run_job(job: VideoJob) -> Outcome:
    """Run one job in this process and record its outcome; a failed video is an outcome, too."""
    source = job.video.source
    limit_pixels(job.max_pixels)
    problems: list[str] = []
    dropped: list[Dropped] = []
    try:
        outcome = Outcome(source, _write_clips(job, problems, dropped))
    except OutputError:  # concerns every job
        raise
    except InputError as error:
        outcome = Outcome(source, [], _one_line(error))
    except UNEXPECTED as error:
        if isinstance(error, OSError) and error.errno in FATAL:
            raise
        # A bug, but no reason to stop the other jobs. Without a record, the next run tries again.
        log.exception("%s", source)
        return Outcome(source, [], f"{type(error).__name__}: {_one_line(error)}")
    outcome.remarks, outcome.dropped = [_one_line(line) for line in problems], dropped
    record = {"key": job.key, "max_pixels": job.max_pixels, **asdict(outcome)}
    write_atomically(job.record, json.dumps(record).encode())
    return outcome


def is_complete(path: Path) -> bool:
    """Return whether a clip file exists and is not truncated."""
    try:
        ClipFile(path)
    except InputError:
        return False
    return True


def read_record(job: VideoJob) -> Outcome | None:
    """Return the outcome of an earlier run with the same settings if its clips still exist."""
    try:
        record = json.loads(job.record.read_text())
        rows = [parse_row(row) for row in record["rows"]]
        key, reason = record["key"], str(record["reason"])
        remarks = [str(line) for line in record.get("remarks", [])]
        dropped = [parse_dropped(stretch) for stretch in record.get("dropped", [])]
        limit = record.get("max_pixels")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if key != job.key or (reason and limit != job.max_pixels):
        return None
    if not all(is_complete(job.folder / row.clip) for row in rows):
        return None
    video = job.video  # speaker and split may have changed since
    rows = [replace(row, speaker=video.speaker, split=video.split) for row in rows]
    return Outcome(video.source, rows, reason, remarks, dropped)
