"""The error of a live session that cannot go on."""


class SessionError(RuntimeError):
    """A live session cannot go on; others of its worker do.

    The message is one line. What caused it, if anything did, is the `__cause__`.

    Args:
        cause: the error in which it ended; None: its worker was closed.
    """

    def __init__(self, cause: BaseException | None) -> None:
        reason = "its worker was closed"
        if cause is not None:
            reason = " ".join(f"{type(cause).__name__}: {cause}".split()).rstrip(": ")
        super().__init__(f"the session has ended ({reason}); open another one")
        self.__cause__ = cause
