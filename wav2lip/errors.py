"""The one error that a user can cause, and how a script shows it."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")


class InputError(Exception):
    """What the user gave cannot be used.

    The message is one line: it names the file (and the frame) and says what to do about it.
    """


def exit_on_input_error(main: Callable[P, int | None]) -> Callable[P, None]:
    """Run a script's `main`, print an `InputError` as one line and exit with code 2.

    Any other exception is a bug of ours and keeps its traceback.
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
