"""Refuse addresses such as `s3://bucket/clips` where a path is expected.

`pathlib` would read one as a path below a folder `s3:`.
"""

import re

from wav2lip.errors import InputError

# A scheme of at least two letters (Windows drives have one), alone or chained as fsspec does: zip::s3://
ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]+://", re.IGNORECASE)
BEFORE = " [{'\""  # what a list or a mapping may begin with
SHOWN = 60  # characters of an address in a message


def require_local(name: str, value: str) -> None:
    """Check that a text is no address.

    Args:
        name: of the setting, as the message shows it.
        value: its value.

    Raises:
        InputError: it is one.

    Examples:
        >>> require_local("output", "s3://bucket/clips")
        Traceback (most recent call last):
        ...
        wav2lip.errors.InputError: output must be a local path, not s3://bucket/clips; mount it or copy the files
    """
    if ADDRESS.match(value.lstrip(BEFORE)):
        shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
        raise InputError(f"{name} must be a local path, not {shown}; mount it or copy the files")
