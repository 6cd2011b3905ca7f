"""From many videos to one manifest. An interrupted run can be started again at any time.

Every finished video leaves a JSON record beside the clips: its manifest rows, or why it failed. A later run
skips videos whose record has the same settings, so that an interrupted and resumed run ends with the same
manifest.
"""

from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

from rich.progress import Progress

from wav2lip.clips import MANIFEST, ManifestRow, write_manifest
from wav2lip.errors import InputError
from wav2lip.execution.job import Executor
from wav2lip.execution.pool import run_in_pool
from wav2lip.faces.detectors import resolve_detector
from wav2lip.preprocessing.clip import Video
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.jobs import Outcome, VideoJob, get_detector, read_record
from wav2lip.preprocessing.settings import ClipSettings
from wav2lip.preprocessing.splits import assign_splits, has_splits, of_sources, read_splits
from wav2lip.utils.files import absolute_if_file, write_table
from wav2lip.utils.partials import sweep_tree
from wav2lip.utils.signals import Stopped

FAILURES = "failures.csv"
REMARKS = "remarks.csv"
DROPPED = "dropped.csv"

Audit = Callable[[Path, list[ManifestRow]], list[ManifestRow]]  # (folder, rows) -> rows to keep


def plan_jobs(
    root: Path,
    folder: Path,
    settings: ClipSettings,
    detector: str = "auto",
    weights: str | None = None,
    splits: Path | None = None,
    val_share: float = 0.1,
    device: str | None = "cpu",
    max_pixels: int | None = None,
) -> list[VideoJob]:
    """Create one job per video or frame folder.

    Args:
        root: input folder or list file; see `find_inputs`.
        folder: output folder.
        settings: crop settings.
        detector: name of the face detector.
        weights: file of the detector's weights; None: the default.
        splits: see `read_splits`. None: the splits that `root` contains, if any.
        val_share: share of the speakers without a split that becomes validation.
        device: torch device of the detector; None or "auto": the GPU if there is one.
        max_pixels: of the largest picture that is read; None: the default.

    Raises:
        InputError: the input or the splits cannot be read.
    """
    found = find_inputs(root)
    splits = splits or (root if has_splits(root) else None)
    known = of_sources(read_splits(splits), splits, found) if splits else {}
    assigned = assign_splits(found, known, val_share)
    if any(path.is_file() for path in found.values()):  # frame folders need no detector
        detector = resolve_detector(detector, weights, device)
    weights = absolute_if_file(weights)  # as in the workers' records
    jobs = []
    for source, path in found.items():
        split, speaker = assigned[source]
        video = Video(path, source, speaker, split)
        jobs.append(VideoJob(video, folder, detector, weights, settings, device, max_pixels))
    return jobs


def _write_failures(path: Path, outcomes: Sequence[Outcome]) -> None:
    failures = sorted((o.source, o.reason) for o in outcomes if o.reason)
    write_table(path, [("source", "reason"), *failures])


def _write_remarks(path: Path, outcomes: Sequence[Outcome]) -> None:
    remarks = sorted((o.source, line) for o in outcomes for line in o.remarks)
    write_table(path, [("source", "remark"), *remarks])


def _write_dropped(path: Path, outcomes: Sequence[Outcome]) -> None:
    dropped = sorted((o.source, *astuple(stretch)) for o in outcomes for stretch in o.dropped)
    write_table(path, [("source", "start", "end", "frames", "reason"), *dropped])


def preprocess(
    jobs: Sequence[VideoJob],
    folder: Path,
    execute: Executor = run_in_pool,
    audit: Audit | None = None,
) -> tuple[list[Outcome], list[ManifestRow]]:
    """Run the jobs that have no record, then write manifest.csv and the tables of what is not in it.

    Args:
        jobs: one job per video.
        folder: output folder.
        execute: runs jobs; default: one process per core of this machine.
        audit: chooses and updates the rows of the manifest; see `wav2lip.preprocessing.audit`.

    Returns:
        The outcome of each video, and the rows of the manifest.

    Raises:
        InputError: the detector cannot be created, no video gave a clip, or the audit rejected all.
    """
    outcomes = [outcome for job in jobs if (outcome := read_record(job))]
    done = {outcome.source for outcome in outcomes}
    todo = [job for job in jobs if job.video.source not in done]
    videos = [job for job in todo if job.video.path.is_file()]
    if videos:  # first, because without a detector every video would fail
        get_detector(videos[0].detector, videos[0].weights, videos[0].device)
    folder.mkdir(parents=True, exist_ok=True)
    sweep_tree(folder)
    with Progress() as progress:
        bar = progress.add_task("videos", total=len(jobs), completed=len(done))
        try:
            for outcome in execute(todo):
                outcomes.append(outcome)
                progress.advance(bar)
        except Stopped as stop:
            stop.add_note(
                f"{len(outcomes)} of {len(jobs)} videos are done; the same command does the others"
            )
            raise
    rows = [row for outcome in outcomes for row in outcome.rows]
    _write_failures(folder / FAILURES, outcomes)
    _write_remarks(folder / REMARKS, outcomes)
    _write_dropped(folder / DROPPED, outcomes)
    if not rows:
        first = min((o.source, o.reason) for o in outcomes)[1]
        raise InputError(
            f"no clip could be extracted from any of {len(jobs)} videos; the first error: {first}"
        )
    if audit:
        rows = audit(folder, rows)
    write_manifest(folder / MANIFEST, rows)
    return outcomes, rows
