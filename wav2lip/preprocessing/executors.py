"""Execution of jobs on the cores of this machine."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from wav2lip.preprocessing.jobs import JobFunction, Outcome, VideoJob, run_job
from wav2lip.preprocessing.workers import run_in_worker, worker_pool
from wav2lip.utils.platform import cpu_count, require_processes

Executor = Callable[[Sequence[VideoJob]], Iterator[Outcome]]


def _run_isolated(job: VideoJob, function: JobFunction) -> Outcome:
    """Run a job in a process of its own. If the process dies, the outcome is not recorded."""
    with worker_pool(1) as pool:
        try:
            return pool.submit(run_in_worker, function, job).result()
        except BrokenProcessPool:
            return Outcome(
                job.video.source, [], "its process died: out of memory, or a crash in a decoder"
            )


def _run_pool(
    waiting: deque[VideoJob], workers: int, function: JobFunction
) -> Generator[Outcome, None, list[VideoJob]]:
    """Run the jobs of `waiting`, which empties, in a pool; return those that ran when a worker died."""
    running: dict[Future[Outcome], VideoJob] = {}
    with worker_pool(workers) as pool:
        try:
            while waiting or running:
                # One job per worker: the pool does not report which job ended a worker.
                while waiting and len(running) < workers:
                    future = pool.submit(
                        run_in_worker, function, waiting[0]
                    )  # refused once a worker is dead
                    running[future] = waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            return list(running.values())
    return []


def run_in_pool(
    jobs: Sequence[VideoJob], workers: int | None = None, function: JobFunction = run_job
) -> Iterator[Outcome]:
    """Run jobs in a pool of processes that survives the death of a worker.

    If a worker dies, the jobs that ran at that moment run again, each in a process of its own; the others
    continue in a new pool.

    Args:
        jobs: the jobs.
        workers: processes; None: one per core. With 1, the jobs run in this process.
        function: runs one job.

    Yields:
        Outcomes in the order in which they are finished.
    """
    workers = min(workers or cpu_count(), len(jobs))
    if workers <= 1:
        yield from map(function, jobs)
        return
    require_processes(workers, "workers=1")
    waiting = deque(jobs)
    while waiting:
        suspects = yield from _run_pool(waiting, workers, function)
        yield from (_run_isolated(job, function) for job in suspects)
