"""A lock whose owner says that something changed, to threads and to tasks of asyncio."""

import asyncio
import math
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self


class Change:
    """A lock, as a context manager, with waiting for changes of what it protects."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._listeners: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        self._condition.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._condition.release()

    def notify(self) -> None:
        """Wake all who wait."""
        with self._condition:
            self._condition.notify_all()
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def wait(self, seconds: float) -> None:
        """Wait for a change, for so many seconds at most; infinity: until there is one. The lock is held."""
        self._condition.wait(None if seconds == math.inf else seconds)

    def event(self) -> asyncio.Event:
        """Return an event that the next change sets. The lock is held."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def listener() -> None:
            with suppress(RuntimeError):  # the loop may be closed
                loop.call_soon_threadsafe(changed.set)

        self._listeners.append(listener)
        return changed
