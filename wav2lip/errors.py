"""The error for unusable input."""


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


class OutputError(InputError):
    """A file that cannot be written, for example because the disk is full.

    It concerns everything that is still to be written, and not one input alone.
    """
