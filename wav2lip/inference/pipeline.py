"""Stages that run at the same time, each in a thread, joined by short queues.

A stage is a generator over its upstream stage, so that the whole run reads as one nested expression
and works the same without threads. The heavy calls (FFmpeg, OpenCV, torch, onnxruntime) release the
interpreter's lock: threads are enough, and frames are never copied between processes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, Self, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

QUEUE = 2  # frames that wait between two stages
POLL = 0.1  # seconds between two checks whether the run has been stopped
STOP_TIMEOUT = 20.0  # seconds that a stopped stage has to finish its current item


class _End:
    """Last item of a queue: the upstream stage is done, or failed with `error`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Stopped(Exception):  # noqa: N818 -- no error: unwinds a stage whose reader is gone
    pass


class _Channel(Generic[Out]):
    """A queue of at most `size` items between two threads.

    Made of two queues written in C, one of items, one of free places. `queue.Queue` acquires its
    lock in Python code; a Ctrl-C between acquiring it and entering the `try` block would leave it
    locked, and the thread at the other end would wait forever.
    """

    def __init__(self, size: int) -> None:
        self._items: SimpleQueue[Out] = SimpleQueue()
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._free.put(None)

    def put(self, item: Out) -> bool:
        """Add an item; False if there was no free place within `POLL` seconds."""
        try:
            self._free.get(timeout=POLL)
        except Empty:
            return False
        self._items.put(item)
        return True

    def get(self) -> Out:
        """Return the next item; raises `Empty` after `POLL` seconds."""
        item = self._items.get(timeout=POLL)
        self._free.put(None)
        return item


@dataclass
class StageTiming:
    """Time a stage was at work, without waiting for others. Adds the time of each `with` block.

    Attributes:
        seconds: wall time.
        processor_seconds: processor time of the stage's own thread.
    """

    seconds: float = 0.0
    processor_seconds: float = 0.0

    def __enter__(self) -> Self:
        self.seconds -= time.perf_counter()
        self.processor_seconds -= time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.processor_seconds += time.thread_time()


class ThreadedPipeline:
    """Runs stages; a context manager that stops them all at the end.

    Attributes:
        timings: time at work by stage.
    """

    def __init__(self) -> None:
        self.timings: dict[str, StageTiming] = {}
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        deadline = time.monotonic() + STOP_TIMEOUT
        for thread in self._threads:
            if thread.ident is not None:  # else Ctrl-C came before it started
                thread.join(max(0.0, deadline - time.monotonic()))

    def timed(
        self, name: str, stage: Callable[[Iterator[In]], Iterator[Out]], upstream: Iterable[In]
    ) -> Iterator[Out]:
        """Run `stage(upstream)` in this thread and record its own time under `name`."""
        timing = self.timings.setdefault(name, StageTiming())

        def untimed() -> Iterator[In]:
            source = iter(upstream)
            while True:
                timing.__exit__()  # waiting for the next item is not this stage's work
                try:
                    item = next(source)
                except StopIteration:
                    return
                finally:
                    timing.__enter__()
                yield item

        results = stage(untimed())
        while True:
            try:
                with timing:
                    result = next(results)
            except StopIteration:
                return
            yield result

    def start(
        self,
        name: str,
        stage: Callable[[Iterator[In]], Iterator[Out]],
        upstream: Iterable[In],
        size: int,
    ) -> Iterator[Out]:
        """Run `stage(upstream)` in its own thread, at most `size` results ahead of its reader.

        An exception of the stage is raised again where its results are read.
        """
        channel: _Channel[Any] = _Channel(size)

        def put(item: Any) -> bool:
            while not self._stopped:
                if channel.put(item):
                    return True
            return False

        def run() -> None:
            end = _End()
            try:
                for result in self.timed(name, stage, upstream):
                    if not put(result):
                        break
            except BaseException as error:  # noqa: BLE001 -- raised again by the reader
                end = _End(error)
            put(end)

        def results() -> Iterator[Out]:
            while not self._stopped:
                try:
                    item = channel.get()
                except Empty:
                    continue
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                yield item
            raise _Stopped

        thread = threading.Thread(target=run, name=f"wav2lip-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return results()
