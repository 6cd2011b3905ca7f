"""Run batches of a renderer on several threads, in order."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from wav2lip.inference.pipeline import StageTiming
from wav2lip.inference.threads import one_torch_thread, repeat_threads

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def run_batches(
    batches: Iterable[Batch],
    render: Callable[[Batch], list[Result]],
    timing: StageTiming,
    *,
    workers: int,
) -> Iterator[Result]:
    """Render batches and yield their results in order.

    Each worker runs whole batches on one thread: cores never wait for each other inside a layer, and the renderer uses
    what decoding and encoding leave free. Holds at most two batches more than there are workers.

    Args:
        batches: what `render` takes.
        render: renders one batch; called from several threads.
        timing: receives the time of all workers; seconds are divided by their number.
        workers: number of threads.
    """

    def timed(batch: Batch) -> tuple[list[Result], float, float]:
        start, processor = time.perf_counter(), time.thread_time()
        results = render(batch)
        return results, time.perf_counter() - start, time.thread_time() - processor

    running: deque[Future[tuple[list[Result], float, float]]] = deque()

    def next_batch() -> list[Result]:
        results, seconds, processor = running.popleft().result()
        timing.seconds += seconds / workers
        timing.processor_seconds += processor
        return results

    with one_torch_thread():
        pool = ThreadPoolExecutor(workers, "wav2lip-render", repeat_threads())
        try:
            for batch in batches:
                running.append(pool.submit(timed, batch))
                if len(running) > workers:
                    yield from next_batch()
            while running:
                yield from next_batch()
        finally:
            pool.shutdown(cancel_futures=True)
