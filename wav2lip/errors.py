"""The error for unusable input, and how a command reports it."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")


class InputError(Exception):
    """A file, value or combination of values that cannot be used.

    The message is one line. It names the file or value and says what to do about it.

    Args:
        message: the line.
        settings: names in the message that are fields of `wav2lip.Settings`. A command line writes
            them as its options.
    """

    def __init__(self, message: str, *, settings: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.settings = settings


def exit_on_input_error(main: Callable[P, int | None]) -> Callable[P, None]:
    """Wrap a command's `main`: print an `InputError` as one line and exit with code 2.

    Ctrl-C exits with code 130. Any other exception is a bug and keeps its traceback.
    """

    @wraps(main)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = main(*args, **kwargs)
        except InputError as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            sys.exit(130)
        if code:
            sys.exit(code)

    return run
