"""Stop a command on SIGINT (Ctrl-C), SIGTERM or SIGHUP: clean up or save first, then exit with 128 + the number.

A signal raises `Stopped` in the main thread, so that every `with` and `finally` on the way cleans up.
Three kinds of code need another reaction: imports of native libraries, which an exception may crash
(`ending_at_once`), calls that an exception would leave half done (`delaying`), and training, which stops
between two steps (`defer`). Destructors and fork hooks swallow exceptions: Python prints them and goes on.
A signal that arrives there is sent again.
"""

import _thread
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
AGAIN = 0.01  # seconds until a swallowed signal is sent again
REPEAT = 1.0  # seconds; terminals and shells send the same signal twice, users take longer


class Stopped(SystemExit):
    """A signal asked the process to stop.

    The code that knows what was saved adds a note with `add_note`; the command prints the notes.

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


def stop_behind(error: BaseException) -> Stopped | None:
    """Return the `Stopped` that an error comes from, such as that of an import which a signal has interrupted."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, Stopped):
        seen = seen.__cause__ or seen.__context__
    return seen


class _State:
    """How this process reacts to a signal."""

    owner: int | None = None  # process id; None: no handlers are installed
    at_once = False
    deferred = False
    delaying = False
    delayed: int | None = None  # the first signal of a block that delays it
    requested: int | None = None  # the first signal
    raised: int | None = None  # the signal that raised `Stopped`
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
    if _State.delaying:
        _State.delayed = _State.delayed or number
        return
    if _State.requested is not None:
        if number != signal.SIGINT or time.monotonic() - _State.since < REPEAT:
            return
        _State.deferred = False
        _State.raised = number
        raise Stopped(number)
    _State.requested, _State.since = number, time.monotonic()
    if not _State.deferred:
        _State.raised = number
        raise Stopped(number)
    _write("stopping after this step; Ctrl-C again stops at once, without saving")


def _send_again(number: int) -> None:
    """Send a signal to the main thread, from a thread of its own and a moment later."""
    time.sleep(AGAIN)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:  # Windows
        _thread.interrupt_main(signal.Signals(number))


@contextmanager
def _not_swallowed() -> Iterator[None]:
    """Send a signal again whose `Stopped` was raised in a destructor, a fork hook or the like."""
    before = sys.unraisablehook

    def hook(args: "sys.UnraisableHookArgs") -> None:
        if isinstance(args.exc_value, Stopped) and _State.owner == os.getpid():
            _State.requested = _State.raised = None
            _thread.start_new_thread(_send_again, (args.exc_value.number,))
        else:
            before(args)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


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
    _State.owner, _State.requested, _State.delayed = os.getpid(), None, None
    _State.raised = None
    try:
        with _not_swallowed():
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


@contextmanager
def delaying() -> Iterator[None]:
    """Let a block end before a signal raises `Stopped`. For short calls that must not stop half way."""
    own = _State.owner == os.getpid() and threading.current_thread() is threading.main_thread()
    if not own or _State.delaying:
        yield
        return
    _State.delaying = True
    try:
        yield
    finally:
        _State.delaying = False
        number, _State.delayed = _State.delayed, None
        if number is not None:
            _handle(number, None)


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


def raised() -> int | None:
    """Return the number of the signal that raised `Stopped`, or None."""
    return _State.raised if _State.owner == os.getpid() else None


def ignore_ctrl_c() -> None:
    """Ignore Ctrl-C from now on: the program is at its end, where Python would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
