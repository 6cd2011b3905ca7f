"""ThreadedPipeline that run at the same time, each in a thread, joined by short queues.

A stage is a generator over the one before it, so the whole run reads as one nested expression and
works the same without threads. The heavy calls (FFmpeg, OpenCV, torch, dlib) release the
interpreter's lock, so threads are enough and frames are never copied between processes.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

POLL = 0.1  # seconds between two looks at whether the run has been stopped
PATIENCE = 20.0  # seconds that a stopped stage has to finish what it is at


class _End:
    """Last item of a queue: the stage before is done, or failed with `error`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Stopped(Exception):  # noqa: N818 -- no error: unwinds a stage whose reader has gone
    pass


class _Channel(Generic[Out]):
    """A queue of at most `size` items between two threads.

    Made of two queues written in C, one of items, one of free places. `queue.Queue` takes its lock
    in Python, and a Ctrl-C that falls between taking it and minding it leaves it taken for good:
    the thread at the other end would wait for ever.
    """

    def __init__(self, size: int) -> None:
        self._items: SimpleQueue[Out] = SimpleQueue()
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(size):
            self._free.put(None)

    def put(self, item: Out) -> bool:
        """Whether there was a free place within POLL seconds."""
        try:
            self._free.get(timeout=POLL)
        except Empty:
            return False
        self._items.put(item)
        return True

    def get(self) -> Out:
        """The next item; raises `Empty` after POLL seconds."""
        item = self._items.get(timeout=POLL)
        self._free.put(None)
        return item


@dataclass
class StageTiming:
    """What a stage took, waiting for others left out; adds what happens in a `with` block."""

    seconds: float = 0.0
    processor_seconds: float = 0.0  # of the stage's own thread

    def __enter__(self) -> Self:
        self.seconds -= time.perf_counter()
        self.processor_seconds -= time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.processor_seconds += time.thread_time()


class ThreadedPipeline:
    """Runs stages and knows how long each worked; a context manager that stops them all."""

    def __init__(self) -> None:
        self.work: dict[str, StageTiming] = {}
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped = True
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            if thread.ident is not None:  # else Ctrl-C came before it was started
                thread.join(max(0.0, deadline - time.monotonic()))

    def timed(
        self, name: str, stage: Callable[[Iterator[In]], Iterator[Out]], before: Iterable[In]
    ) -> Iterator[Out]:
        """`stage(before)` in this thread, its own work noted under `name`."""
        work = self.work.setdefault(name, StageTiming())

        def upstream() -> Iterator[In]:
            source = iter(before)
            while True:
                work.__exit__()  # the time until the next item is not this stage's
                try:
                    item = next(source)
                except StopIteration:
                    return
                finally:
                    work.__enter__()
                yield item

        results = stage(upstream())
        while True:
            try:
                with work:
                    result = next(results)
            except StopIteration:
                return
            yield result

    def start(
        self,
        name: str,
        stage: Callable[[Iterator[In]], Iterator[Out]],
        before: Iterable[In],
        size: int,
    ) -> Iterator[Out]:
        """`stage(before)` in a thread of its own, at most `size` results ahead of its reader.

        What the stage raises is raised again where its results are read.
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
                for result in self.timed(name, stage, before):
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
