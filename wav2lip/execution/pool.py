"""Execution of jobs on the cores of this machine."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from wav2lip.execution.job import Job, R
from wav2lip.execution.workers import run_in_worker, worker_pool
from wav2lip.utils.platform import cpu_count, require_processes

DIED = "its process died: out of memory, or a crash in a decoder"


def _run_isolated(job: Job[R]) -> R:
    """Run a job in a process of its own."""
    with worker_pool(1) as pool:
        try:
            return pool.submit(run_in_worker, job.run).result()
        except BrokenProcessPool:
            return job.lost(DIED)


def _run_pool(waiting: deque[Job[R]], workers: int) -> Generator[R, None, list[Job[R]]]:
    """Run the jobs of `waiting`, which empties, in a pool; return those that ran when a worker died."""
    running: dict[Future[R], Job[R]] = {}
    with worker_pool(workers) as pool:
        try:
            while waiting or running:
                # One job per worker: the pool does not report which job ended a worker.
                while waiting and len(running) < workers:
                    # Refused once a worker is dead.
                    future = pool.submit(run_in_worker, waiting[0].run)
                    running[future] = waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            return list(running.values())
    return []


def run_in_pool(jobs: Sequence[Job[R]], workers: int | None = None) -> Iterator[R]:
    """Run jobs in a pool of processes that survives the death of a worker.

    If a worker dies, the jobs that ran at that moment run again, each in a process of its own; the others
    continue in a new pool.

    Args:
        jobs: the jobs.
        workers: processes; None: one per core. With 1, the jobs run in this process.

    Yields:
        Outcomes in the order in which they are finished.
    """
    workers = min(workers or cpu_count(), len(jobs))
    if workers <= 1:
        yield from (job.run() for job in jobs)
        return
    require_processes(workers, "workers=1")
    waiting = deque(jobs)
    while waiting:
        suspects = yield from _run_pool(waiting, workers)
        yield from (_run_isolated(job) for job in suspects)
