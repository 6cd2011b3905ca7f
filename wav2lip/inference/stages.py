"""Stages that run at the same time, each in a thread, joined by short queues.

A stage is a generator over the one before it, so the whole run reads as one nested expression and
works the same without threads. The heavy calls (FFmpeg, OpenCV, torch, dlib) release the
interpreter's lock, so threads are enough and frames are never copied between processes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Self, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

POLL = 0.1  # seconds between two looks at whether the run has been stopped


class _End:
    """Last item of a queue: the stage before is done, or failed with `error`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Stopped(Exception):  # noqa: N818 -- no error: unwinds a stage whose reader has gone
    pass


class Stages:
    """Runs stages and knows how long each worked; a context manager that stops them all."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}  # stage -> time at work, waiting for others left out
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def timed(
        self, name: str, work: Callable[[Iterator[In]], Iterator[Out]], before: Iterable[In]
    ) -> Iterator[Out]:
        """`work(before)` in this thread, its own time noted under `name`."""
        waited = 0.0

        def upstream() -> Iterator[In]:
            nonlocal waited
            source = iter(before)
            while True:
                start = time.perf_counter()
                try:
                    item = next(source)
                except StopIteration:
                    return
                finally:
                    waited += time.perf_counter() - start
                yield item

        self.seconds.setdefault(name, 0.0)
        results = work(upstream())
        while True:
            start, waited = time.perf_counter(), 0.0
            try:
                result = next(results)
            except StopIteration:
                return
            finally:
                self.seconds[name] += time.perf_counter() - start - waited
            yield result

    def start(
        self,
        name: str,
        work: Callable[[Iterator[In]], Iterator[Out]],
        before: Iterable[In],
        size: int,
    ) -> Iterator[Out]:
        """`work(before)` in a thread of its own, at most `size` results ahead of its reader.

        What the stage raises is raised again where its results are read.
        """
        queue: Queue[Any] = Queue(size)

        def put(item: Any) -> bool:
            while not self._stopped.is_set():
                try:
                    queue.put(item, timeout=POLL)
                except Full:
                    continue
                return True
            return False

        def run() -> None:
            end = _End()
            try:
                for result in self.timed(name, work, before):
                    if not put(result):
                        break
            except BaseException as error:  # noqa: BLE001 -- raised again by the reader
                end = _End(error)
            put(end)

        def results() -> Iterator[Out]:
            while True:
                if self._stopped.is_set():
                    raise _Stopped
                try:
                    item = queue.get(timeout=POLL)
                except Empty:
                    continue
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                yield item

        thread = threading.Thread(target=run, name=f"wav2lip-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return results()
