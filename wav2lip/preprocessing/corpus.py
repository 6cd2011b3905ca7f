"""Many videos to one manifest: a process pool, a record a video, resumable at any moment.

Every finished video leaves one JSON record beside the clips (its manifest rows, or why it failed).
A later run skips the videos whose record was made with the same settings, so a run that was killed
and started again ends with the same manifest.
"""

import csv
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
from rich.progress import Progress

from wav2lip.clips import MANIFEST, ManifestRow, write_manifest
from wav2lip.errors import InputError
from wav2lip.faces.detectors import Detector, build_detector
from wav2lip.preprocessing.clip import ClipSettings, clip_name, video_to_clips

VIDEO_SUFFIXES = frozenset(
    ".mp4 .mov .mkv .webm .avi .mpg .mpeg .m4v .ts .flv .wmv .3gp".split()  # noqa: SIM905
)
FAILURES = "failures.csv"


@dataclass(frozen=True)
class Job:
    """One video to preprocess, with all that a worker needs to know."""

    path: str
    source: str
    speaker: str
    split: str
    folder: str
    detector: str
    weights: str | None
    settings: ClipSettings

    @property
    def record(self) -> Path:
        """Where the outcome is noted."""
        return Path(self.folder) / "records" / f"{clip_name(self.source)}.json"

    @property
    def key(self) -> str:
        """Changes when the video or any setting does."""
        status = Path(self.path).stat()
        parts = [*asdict(self).items(), ("size", status.st_size), ("modified", status.st_mtime_ns)]
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


@dataclass
class Outcome:
    """What became of one video: rows, or the reason why there are none."""

    source: str
    rows: list[ManifestRow]
    reason: str = ""


def find_videos(root: Path) -> list[Path]:
    """Videos below a folder, at any depth, sorted; InputError where there is none."""
    if not root.exists():
        raise InputError(f"{root}: no such folder; give input=FOLDER with videos in it")
    if root.is_file():
        raise InputError(f"{root}: a file, not a folder; give input=FOLDER with videos in it")
    videos = sorted(
        p for p in root.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file()
    )
    if not videos:
        raise InputError(
            f"{root}: no video in it; known endings: {' '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return videos


def read_splits(path: Path) -> dict[str, tuple[str, str]]:
    """File name -> (split, speaker) of a CSV with columns `file,split` and perhaps `speaker`."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; splits=CSV needs columns file,split[,speaker]")
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if not {"file", "split"} <= set(reader.fieldnames or ()):
            raise InputError(f"{path}: needs the columns file and split (speaker if you know it)")
        return {row["file"]: (row["split"], row.get("speaker") or "") for row in reader}


def split_by_speaker(speaker: str, val_share: float) -> str:
    """`val` for a fixed share of speakers, chosen by hash: no speaker is in both splits."""
    draw = int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return "val" if draw < val_share else "train"


def plan(
    root: Path,
    folder: Path,
    settings: ClipSettings,
    detector: str = "auto",
    weights: str | None = None,
    splits: Path | None = None,
    val_share: float = 0.1,
) -> list[Job]:
    """One job a video. A speaker is the first folder below `root`, or the file where there is none."""
    known = read_splits(splits) if splits else {}
    jobs = []
    for path in find_videos(root):
        relative = path.relative_to(root)
        speaker = relative.parts[0] if len(relative.parts) > 1 else relative.stem
        split, named = known.get(relative.as_posix(), known.get(relative.name, ("", "")))
        speaker = named or speaker
        job = Job(
            path=str(path),
            source=relative.as_posix(),
            speaker=speaker,
            split=split or split_by_speaker(speaker, val_share),
            folder=str(folder),
            detector=detector,
            weights=weights,
            settings=settings,
        )
        jobs.append(job)
    return jobs


@cache
def _detector(name: str, weights: str | None) -> Detector:
    return build_detector(name, weights)


def process(job: Job) -> Outcome:
    """Run one job in this process and note its outcome; a video that fails is an outcome too."""
    cv2.setNumThreads(1)  # the pool has a process a core already
    try:
        rows = video_to_clips(
            Path(job.path),
            job.source,
            Path(job.folder),
            _detector(job.detector, job.weights),
            job.settings,
            job.speaker,
            job.split,
        )
        outcome = Outcome(job.source, rows)
    except InputError as error:
        outcome = Outcome(job.source, [], " ".join(str(error).split()))
    job.record.parent.mkdir(parents=True, exist_ok=True)
    temporary = job.record.with_suffix(".part")
    temporary.write_text(json.dumps({"key": job.key, **asdict(outcome)}))
    temporary.replace(job.record)
    return outcome


def recorded(job: Job) -> Outcome | None:
    """The outcome of an earlier run with the same settings, if its clips are still there."""
    try:
        record = json.loads(job.record.read_text())
        rows = [ManifestRow(**row) for row in record["rows"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if record["key"] != job.key or not all((Path(job.folder) / row.clip).is_file() for row in rows):
        return None
    return Outcome(record["source"], rows, record["reason"])


def _run(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    if workers <= 1:
        yield from map(process, jobs)
        return
    # spawn: a fork of a process that has started threads (OpenCV, torch) may hang
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(process, job) for job in jobs]):
            yield future.result()


def preprocess(jobs: Sequence[Job], folder: Path, workers: int | None = None) -> list[Outcome]:
    """Run the jobs that are not done yet, then write manifest.csv and failures.csv under `folder`.

    InputError when not one video gave a clip.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = [outcome for job in jobs if (outcome := recorded(job))]
    done = {outcome.source for outcome in outcomes}
    todo = [job for job in jobs if job.source not in done]
    with Progress() as progress:
        bar = progress.add_task("videos", total=len(jobs), completed=len(done))
        for outcome in _run(todo, workers or os.cpu_count() or 1):
            outcomes.append(outcome)
            progress.advance(bar)
    write_manifest(folder / MANIFEST, [row for outcome in outcomes for row in outcome.rows])
    failures = sorted((o.source, o.reason) for o in outcomes if o.reason)
    with (folder / FAILURES).open("w", newline="") as file:
        csv.writer(file).writerows([("source", "reason"), *failures])
    if not any(outcome.rows for outcome in outcomes):
        raise InputError(f"no clip came out of {len(jobs)} videos; the first: {failures[0][1]}")
    return outcomes
