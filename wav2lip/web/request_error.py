"""The error for a request that cannot be served."""

from wav2lip.errors import InputError


class RequestError(InputError):
    """A request that cannot be served.

    Args:
        status: of the answer, 4xx.
        message: one line that says what to do about it.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
