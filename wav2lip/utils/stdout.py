"""Print to stdout, whose reader may leave at any time, as in `| head`."""

import os
import sys
from contextlib import suppress


def close_stdout() -> None:
    """Send everything that is printed from now on nowhere; the interpreter's last flush then succeeds too."""
    with suppress(OSError, ValueError):  # no real stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Print a line. If the reader has left, print no more and let the work go on."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        close_stdout()
