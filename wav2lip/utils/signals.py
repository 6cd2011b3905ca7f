"""Stop a command on SIGINT (Ctrl-C), SIGTERM or SIGHUP: clean up or save first, then exit with 128 + the number.

A signal raises `Stopped` in the main thread, so that every `with` and `finally` on the way cleans up.
Two kinds of code need another reaction: imports of native libraries, which an exception may crash
(`ending_at_once`), and training, which stops between two steps (`defer`).
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminal closed"}
HANDLED = {getattr(signal, name): word for name, word in WORDS.items() if hasattr(signal, name)}
REPEAT = 1.0  # seconds; terminals and shells send the same signal twice, users take longer


class Stopped(SystemExit):
    """A signal asked the process to stop.

    Whoever knows what was kept adds it with `add_note`; the command prints the notes.

    Args:
        number: of the signal.

    Examples:
        >>> Stopped(signal.SIGTERM).code
        143
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number = number

    def line(self) -> str:
        """Return what happened, and what was kept, on one line."""
        return "; ".join([HANDLED.get(self.number, "stopped"), *getattr(self, "__notes__", [])])


class _State:
    """How this process reacts to a signal."""

    owner: int | None = None  # process id; None: no handlers are installed
    at_once = False
    deferred = False
    requested: int | None = None  # the first signal
    since = 0.0  # time of the first signal, seconds


def _write(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        os.write(2, f"{text}\n".encode())


def _handle(number: int, _: FrameType | None) -> None:
    if _State.owner != os.getpid():  # a forked worker: its parent decides
        if number != signal.SIGINT:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        return
    if _State.at_once:
        _write(HANDLED[number])
        os._exit(128 + number)
    if _State.requested is not None:
        if number != signal.SIGINT or time.monotonic() - _State.since < REPEAT:
            return
        _State.deferred = False
        raise Stopped(number)
    _State.requested, _State.since = number, time.monotonic()
    if not _State.deferred:
        raise Stopped(number)
    _write("stopping after this step; Ctrl-C again stops at once, without saving")


def _install() -> dict[int, object]:
    """Install the handlers, except for signals that the parent ignores (nohup, background jobs)."""
    before: dict[int, object] = {}
    for number in HANDLED:
        handler = signal.getsignal(number)
        if handler is not signal.SIG_IGN and handler is not _handle:
            before[number] = signal.signal(number, _handle)
    return before


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise `Stopped` on a signal. Does nothing inside another such block or another thread."""
    nested = _State.owner == os.getpid()
    if nested or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _install()
    _State.owner, _State.requested = os.getpid(), None
    try:
        yield
    finally:
        _State.owner, _State.deferred = None, False
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


@contextmanager
def ending_at_once() -> Iterator[None]:
    """End the process at a signal, without an exception. For imports: there is nothing to clean up yet."""
    _State.at_once = _State.owner is not None
    try:
        yield
    finally:
        _State.at_once = False


def defer() -> None:
    """From now on only record a signal; `requested` returns it. The second Ctrl-C raises all the same."""
    if _State.owner == os.getpid():
        _install()  # a library may have replaced them
        _State.deferred = True


def undefer() -> None:
    """Raise on a signal again."""
    _State.deferred = False


def requested() -> int | None:
    """Return the number of the signal that asked to stop, or None."""
    return _State.requested if _State.owner == os.getpid() else None


def close_stdout() -> None:
    """Send the rest of the output nowhere: its reader has left, as in `| head`."""
    with suppress(OSError, ValueError):  # no real stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
