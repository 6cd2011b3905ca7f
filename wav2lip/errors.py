"""The one error that a user can cause, and how a script shows it."""

import sys
from collections.abc import Callable
from functools import wraps


class InputError(Exception):
    """What the user gave cannot be used.

    The message is one line: it names the file (and the frame) and says what to do about it.
    """


def exit_on_input_error(main: Callable[[], int | None]) -> Callable[[], None]:
    """Run a script's `main`, print an `InputError` as one line and exit with code 2.

    Any other exception is a bug of ours and keeps its traceback.
    """

    @wraps(main)
    def run() -> None:
        try:
            code = main()
        except InputError as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            sys.exit(130)
        sys.exit(code or 0)

    return run
