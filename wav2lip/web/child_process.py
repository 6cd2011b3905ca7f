"""A process for work on files of others: it can be killed, and its crash does not end the server."""

import os
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from wav2lip.execution.workers import GRACE, SPAWN, start_worker
from wav2lip.utils.signals import Stopped

NICE = 5  # the server itself, with its live sessions, goes first


def _main(target: Callable[[Any], None], connection: Any) -> None:
    start_worker()
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        target(connection)
    except Stopped as stop:  # cleaned up
        os._exit(128 + stop.number)


class ChildProcess:
    """A spawned process with a connection to it.

    It ends with the thread that has made this object, so make it in one that lasts.

    Args:
        target: a function of a module; gets the other end of the connection.

    Attributes:
        connection: to the process. `recv` raises EOFError once the process has ended.
    """

    def __init__(self, target: Callable[[Any], None]) -> None:
        self.connection: Connection[Any, Any]
        self.connection, other = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_main, args=(target, other), daemon=True)
        self._process.start()
        other.close()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid or 0

    def kill(self) -> None:
        """Kill the process; a thread that waits for its answer gets EOFError."""
        self._process.kill()

    def end(self) -> None:
        """End the process: it may clean up for a few seconds, then it is killed."""
        with suppress(OSError):
            self.connection.close()
        self._process.terminate()
        self._process.join(GRACE)
        self._process.kill()
        self._process.join()
