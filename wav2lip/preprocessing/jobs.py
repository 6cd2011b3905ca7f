"""One video's work: what a worker is told, what it notes, and what an earlier run has noted."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import cv2

from wav2lip.clips import ClipFile, ManifestRow
from wav2lip.errors import InputError
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.preprocessing.clip import ClipSettings, Video, clip_name, video_to_clips
from wav2lip.preprocessing.published import frames_to_clips

# What a strange file may raise where nobody thought of it. Not OSError: a full disk concerns all.
UNFORESEEN = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, cv2.error)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One video to preprocess, with all that a worker needs to know."""

    video: Video
    folder: Path
    detector: str
    weights: str | None
    settings: ClipSettings

    @property
    def record(self) -> Path:
        """Where the outcome is noted."""
        return self.folder / "records" / f"{clip_name(self.video.source)}.json"

    @property
    def key(self) -> str:
        """Changes when the video changes or a setting that its clips depend on (speaker and split do not)."""
        status = self.video.path.stat()
        parts = (
            self.video.source,
            status.st_size,
            status.st_mtime_ns,
            self.detector,
            self.weights,
            asdict(self.settings),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass
class Outcome:
    """What became of one video: rows, or the reason why there are none."""

    source: str
    rows: list[ManifestRow]
    reason: str = ""


StageTiming = Callable[[Job], Outcome]


@cache
def detector_of(name: str, weights: str | None) -> Detector:
    """The detector, made once in each process."""
    return build_detector(name, weights)


def _clips_of(job: Job) -> list[ManifestRow]:
    if job.video.path.is_dir():
        return frames_to_clips(job.video, job.folder, job.settings)
    detector = detector_of(job.detector, job.weights)
    return video_to_clips(job.video, job.folder, detector, job.settings)


def process(job: Job) -> Outcome:
    """Run one job in this process and note its outcome; a video that fails is an outcome too."""
    cv2.setNumThreads(1)  # the pool has a process a core already
    source = job.video.source
    try:
        outcome = Outcome(source, _clips_of(job))
    except InputError as error:
        outcome = Outcome(source, [], " ".join(str(error).split()))
    except UNFORESEEN as error:
        # Ours to mend, but no reason to stop the others; not noted, so that the next run tries again.
        log.exception("%s", source)
        return Outcome(source, [], f"{type(error).__name__}: {' '.join(str(error).split())}")
    job.record.parent.mkdir(parents=True, exist_ok=True)
    temporary = job.record.with_suffix(".part")
    temporary.write_text(json.dumps({"key": job.key, **asdict(outcome)}))
    temporary.replace(job.record)
    return outcome


def is_whole(path: Path) -> bool:
    """Whether a clip file is there and not cut short."""
    try:
        ClipFile(path)
    except InputError:
        return False
    return True


def recorded(job: Job) -> Outcome | None:
    """The outcome of an earlier run with the same settings, if its clips are still there."""
    try:
        record = json.loads(job.record.read_text())
        rows = [ManifestRow(**row) for row in record["rows"]]
        key, reason = record["key"], record["reason"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if key != job.key or not all(is_whole(job.folder / row.clip) for row in rows):
        return None
    video = job.video  # who speaks and the split may have been given anew
    rows = [replace(row, speaker=video.speaker, split=video.split) for row in rows]
    return Outcome(video.source, rows, reason)
