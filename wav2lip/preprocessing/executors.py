"""Run jobs on this machine's cores."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from wav2lip.preprocessing.jobs import Job, Outcome, StageTiming, process
from wav2lip.utils.platform import cpu_count

Execute = Callable[[Sequence[Job]], Iterator[Outcome]]
SPAWN = get_context("spawn")  # a fork of a process that has threads (OpenCV, torch) may hang


def _alone(job: Job, work: StageTiming) -> Outcome:
    """One job in a process of its own; that it dies is an outcome, not noted."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return Outcome(
                job.video.source, [], "its process died: memory, or a crash in a decoder"
            )


def _pooled(
    waiting: deque[Job], workers: int, work: StageTiming
) -> Generator[Outcome, None, list[Job]]:
    """Outcomes of `waiting`, which empties, from a pool; returns what ran when a worker died, if one did."""
    running: dict[Future[Outcome], Job] = {}
    with ProcessPoolExecutor(workers, mp_context=SPAWN) as pool:
        try:
            while waiting or running:
                # No more than there are workers: nobody says which job took its worker down.
                while waiting and len(running) < workers:
                    future = pool.submit(work, waiting[0])  # refused once a worker is dead
                    running[future] = waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            return list(running.values())
    return []


def run_jobs(
    jobs: Sequence[Job], workers: int | None = None, work: StageTiming = process
) -> Iterator[Outcome]:
    """Outcomes as they come, from this process (`workers` 1) or a pool that survives its workers.

    Where a worker dies, what ran beside it is done again, each in a process of its own, and then the
    rest goes on in a new pool. `workers` None is one a core.
    """
    workers = min(workers or cpu_count(), len(jobs))
    if workers <= 1:
        yield from map(work, jobs)
        return
    waiting = deque(jobs)
    while waiting:
        suspects = yield from _pooled(waiting, workers, work)
        yield from (_alone(job, work) for job in suspects)
