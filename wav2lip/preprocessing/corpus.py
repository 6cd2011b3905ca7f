"""Many videos to one manifest, resumable at any moment.

Every finished video leaves one JSON record beside the clips (its manifest rows, or why it failed).
A later run skips the videos whose record was made with the same settings, so a run that was killed
and started again ends with the same manifest.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.progress import Progress

from wav2lip.clips import MANIFEST, ManifestRow, write_manifest
from wav2lip.errors import InputError
from wav2lip.preprocessing.clip import ClipSettings, Video
from wav2lip.preprocessing.executors import Execute, run_jobs
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.jobs import Job, Outcome, detector_of, recorded
from wav2lip.preprocessing.splits import assign_splits, has_splits, read_splits

FAILURES = "failures.csv"


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
    dealt = assign_splits(found, read_splits(splits) if splits else {}, val_share)
    jobs = []
    for source, path in found.items():
        split, speaker = dealt[source]
        jobs.append(Job(Video(path, source, speaker, split), folder, detector, weights, settings))
    return jobs


def _write_failures(path: Path, outcomes: Sequence[Outcome]) -> None:
    failures = sorted((o.source, o.reason) for o in outcomes if o.reason)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", newline="") as file:
        csv.writer(file).writerows([("source", "reason"), *failures])
    temporary.replace(path)


def preprocess(
    jobs: Sequence[Job],
    folder: Path,
    execute: Execute = run_jobs,
    examine: Examine | None = None,
) -> tuple[list[Outcome], list[ManifestRow]]:
    """Run the jobs that are not done yet, then write manifest.csv and failures.csv under `folder`.

    `execute` runs jobs somewhere, by default one a core here. `examine` (see
    `wav2lip.preprocessing.audit.auditor`) has the last word on the rows.
    Returns what became of each video, and the manifest's rows. InputError when none is left.
    """
    outcomes = [outcome for job in jobs if (outcome := recorded(job))]
    done = {outcome.source for outcome in outcomes}
    todo = [job for job in jobs if job.video.source not in done]
    videos = [job for job in todo if job.video.path.is_file()]
    if videos:  # now, because without a detector every one of them would fail
        detector_of(videos[0].detector, videos[0].weights)
    folder.mkdir(parents=True, exist_ok=True)
    with Progress() as progress:
        bar = progress.add_task("videos", total=len(jobs), completed=len(done))
        for outcome in execute(todo):
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
