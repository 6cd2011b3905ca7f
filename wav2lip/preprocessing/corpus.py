"""Many videos to one manifest: a process pool, a record a video, resumable at any moment.

Every finished video leaves one JSON record beside the clips (its manifest rows, or why it failed).
A later run skips the videos whose record was made with the same settings, so a run that was killed
and started again ends with the same manifest.
"""

import csv
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
from rich.progress import Progress

from wav2lip.clips import MANIFEST, ClipFile, ManifestRow, write_manifest
from wav2lip.errors import InputError
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.preprocessing.clip import ClipSettings, Video, clip_name, video_to_clips
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.published import frames_to_clips
from wav2lip.preprocessing.splits import deal, has_splits, read_splits

FAILURES = "failures.csv"
# What a strange file may raise where nobody thought of it. Not OSError: a full disk concerns all.
UNFORESEEN = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, cv2.error)
SPAWN = get_context("spawn")  # a fork of a process that has threads (OpenCV, torch) may hang
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


Work = Callable[[Job], Outcome]
Examine = Callable[[Path, list[ManifestRow]], list[ManifestRow]]  # folder, rows -> those that stay


def plan(
    root: Path,
    folder: Path,
    settings: ClipSettings,
    detector: str = "auto",
    weights: str | None = None,
    splits: Path | None = None,
    val_share: float = 0.1,
) -> list[Job]:
    """One job a video or frame folder of `root`, a folder or list file (see `find_inputs`).

    Without `splits`, those of a list that is a CSV with a `split` column, or of train.txt, val.txt, ... in
    `root`, are taken; see `wav2lip.preprocessing.splits` for speakers and for what no list names.
    """
    found = find_inputs(root)
    splits = splits or (root if has_splits(root) else None)
    dealt = deal(found, read_splits(splits) if splits else {}, val_share)
    jobs = []
    for source, path in found.items():
        split, speaker = dealt[source]
        jobs.append(Job(Video(path, source, speaker, split), folder, detector, weights, settings))
    return jobs


@cache
def _detector(name: str, weights: str | None) -> Detector:
    return build_detector(name, weights)


def _clips_of(job: Job) -> list[ManifestRow]:
    if job.video.path.is_dir():
        return frames_to_clips(job.video, job.folder, job.settings)
    detector = _detector(job.detector, job.weights)
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


def _alone(job: Job, work: Work) -> Outcome:
    """One job in a process of its own; that it dies is an outcome, not noted."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return Outcome(
                job.video.source, [], "its process died: memory, or a crash in a decoder"
            )


def run_jobs(jobs: Sequence[Job], workers: int, work: Work = process) -> Iterator[Outcome]:
    """Outcomes as they come, from this process (`workers` 1) or a pool that survives its workers."""
    if workers <= 1:
        yield from map(work, jobs)
        return
    left = {job.video.source: job for job in jobs}
    pool = ProcessPoolExecutor(workers, mp_context=SPAWN)
    try:
        for future in as_completed([pool.submit(work, job) for job in jobs]):
            outcome = future.result()
            del left[outcome.source]
            yield outcome
    except BrokenProcessPool:
        # One video took its worker down, and with it the pool; nobody says which.
        yield from (_alone(job, work) for job in left.values())
    finally:
        pool.shutdown(cancel_futures=True)


def _write_failures(path: Path, outcomes: Sequence[Outcome]) -> None:
    failures = sorted((o.source, o.reason) for o in outcomes if o.reason)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="") as file:
        csv.writer(file).writerows([("source", "reason"), *failures])
    temporary.replace(path)


def preprocess(
    jobs: Sequence[Job], folder: Path, workers: int | None = None, examine: Examine | None = None
) -> tuple[list[Outcome], list[ManifestRow]]:
    """Run the jobs that are not done yet, then write manifest.csv and failures.csv under `folder`.

    `examine` (see `wav2lip.preprocessing.doctor`) has the last word on the rows.
    Returns what became of each video, and the manifest's rows. InputError when none is left.
    """
    outcomes = [outcome for job in jobs if (outcome := recorded(job))]
    done = {outcome.source for outcome in outcomes}
    todo = [job for job in jobs if job.video.source not in done]
    videos = [job for job in todo if job.video.path.is_file()]
    if videos:  # now, because without a detector every one of them would fail
        _detector(videos[0].detector, videos[0].weights)
    folder.mkdir(parents=True, exist_ok=True)
    workers = min(workers or os.cpu_count() or 1, max(len(todo), 1))
    with Progress() as progress:
        bar = progress.add_task("videos", total=len(jobs), completed=len(done))
        for outcome in run_jobs(todo, workers):
            outcomes.append(outcome)
            progress.advance(bar)
    rows = [row for outcome in outcomes for row in outcome.rows]
    _write_failures(folder / FAILURES, outcomes)
    if not rows:
        first = min((o.source, o.reason) for o in outcomes)[1]
        raise InputError(f"no clip came out of {len(jobs)} videos; the first: {first}")
    if examine:
        rows = examine(folder, rows)
        if not rows:
            raise InputError(
                f"{folder}: the sync expert rejected every clip; see rejected.csv there"
            )
    write_manifest(folder / MANIFEST, rows)
    return outcomes, rows
