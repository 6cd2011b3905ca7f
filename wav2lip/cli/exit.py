"""How a command ends: its messages and exit codes."""

import atexit
import errno
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from io import TextIOWrapper
from pathlib import Path
from typing import ParamSpec

from wav2lip.errors import InputError
from wav2lip.utils.signals import Stopped, ignore_ctrl_c, raised, stop_on_signals
from wav2lip.utils.stdout import close_stdout
from wav2lip.utils.write_errors import CANNOT_WRITE

P = ParamSpec("P")
PERMISSION = "access is not permitted; check the permissions"
IN_THE_WAY = "a file is where a folder is needed; choose another path"
SYSTEM = {  # system errors that any library may raise -> reason and cure
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EEXIST: IN_THE_WAY,
    errno.ENOTDIR: IN_THE_WAY,
    **{
        number: CANNOT_WRITE[number]
        for number in (
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EROFS,
            errno.EFBIG,
            errno.EIO,
            errno.EMFILE,
        )
    },
}
TRACEBACK = "Original Traceback"  # of torch, in the error of a loader process
RAISED = re.compile(r"\n[\w.]*(?:Input|Output)Error: ")  # the last line of it
CLOSED_STREAMS: set[str] = set()  # standard streams that were closed when the command began
BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 2, 130, 141  # exit codes


def _open_closed_streams() -> None:
    """Connect closed standard streams to the null device.

    Otherwise the next file that is opened gets their number, and what libraries print is written into it.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115
            CLOSED_STREAMS.add(name)


def _check_current_folder() -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise InputError("the current folder has been deleted; change to another one") from error


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone
        print(line, file=sys.stderr, flush=True)


@contextmanager
def _stop_first() -> Iterator[None]:
    """Raise `Stopped` again where a library turned it into another error, or raised one in cleaning up after it."""
    try:
        yield
    except Exception as error:
        before = error.__context__
        while before is not None and not isinstance(before, Stopped):
            before = before.__context__
        if before is not None:
            raise before from None
        number = raised()
        if number is not None:  # native code keeps no context
            raise Stopped(number) from None
        raise


def one_line(error: InputError) -> str:
    """Return the message of an error; of one in a loader process, which torch puts behind a traceback, the same."""
    text = str(error)
    if text.startswith("Caught ") and TRACEBACK in text:
        text = RAISED.split(text)[-1]
    return " ".join(text.split())


def _code_of(main: Callable[P, int | None], *args: P.args, **kwargs: P.kwargs) -> int:
    try:
        try:
            _check_current_folder()
            with _stop_first():
                code = main(*args, **kwargs) or 0
        except SystemExit:
            sys.stdout.flush()
            raise
        sys.stdout.flush()  # here, and not at exit, where a broken pipe cannot be caught
    except InputError as error:
        _say(f"error: {one_line(error)}")
        return BAD_INPUT
    except Stopped as stop:
        _say(stop.line())
        return 128 + stop.number
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        close_stdout()
        return BROKEN_PIPE
    except OSError as error:  # of a library; the package's own writers raise InputError
        if error.errno not in SYSTEM:
            raise
        place = f"{error.filename}: " if error.filename else ""
        _say(f"error: {place}{SYSTEM[error.errno]}")
        return BAD_INPUT
    return code


@contextmanager
def _threads_reported() -> Iterator[None]:
    """Print a system error in a library's thread as one line, such as a full disk under TensorBoard."""
    before = threading.excepthook

    def report(args: threading.ExceptHookArgs) -> None:
        error = args.exc_value
        if isinstance(error, OSError) and error.errno in SYSTEM:
            _say(f"error: {SYSTEM[error.errno]}")
        else:
            before(args)

    threading.excepthook = report
    try:
        yield
    finally:
        threading.excepthook = before


def exit_on_input_error(main: Callable[P, int | None]) -> Callable[P, None]:
    """Wrap a command's `main`: print an `InputError` as one line and exit with code 2.

    SIGINT, SIGTERM and SIGHUP exit with 130, 143 and 129, and a closed pipe on stdout with 141. Any
    other exception is a bug and keeps its traceback.
    """

    @wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _open_closed_streams()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # a file name need not be UTF-8
                stream.reconfigure(errors="backslashreplace")
        with stop_on_signals(), _threads_reported():
            code = _code_of(main, *args, **kwargs)
        atexit.unregister(ignore_ctrl_c)
        atexit.register(ignore_ctrl_c)  # registered last, it runs before what takes time there
        if code:
            sys.exit(code)

    return run
