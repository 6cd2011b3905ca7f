"""Run jobs on this machine's cores."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from wav2lip.preprocessing.jobs import Job, Outcome, Work, process

Execute = Callable[[Sequence[Job]], Iterator[Outcome]]
SPAWN = get_context("spawn")  # a fork of a process that has threads (OpenCV, torch) may hang


def _alone(job: Job, work: Work) -> Outcome:
    """One job in a process of its own; that it dies is an outcome, not noted."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return Outcome(
                job.video.source, [], "its process died: memory, or a crash in a decoder"
            )


def run_jobs(
    jobs: Sequence[Job], workers: int | None = None, work: Work = process
) -> Iterator[Outcome]:
    """Outcomes as they come, from this process (`workers` 1) or a pool that survives its workers.

    `workers` None is one a core.
    """
    workers = min(workers or os.cpu_count() or 1, len(jobs))
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
