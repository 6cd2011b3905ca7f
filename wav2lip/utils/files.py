"""Write small files completely or not at all."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from wav2lip.errors import InputError


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is either complete or unchanged.

    Args:
        path: the file; missing folders are created.
        data: its content.

    Raises:
        InputError: The file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):  # the file or its folder may not exist
            part.unlink()
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another") from error


def check_writable(path: Path) -> None:
    """Check that a file can be written, before the work whose result it stores.

    Args:
        path: the file; missing folders are created.

    Raises:
        InputError: The file cannot be written.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a directory; give a file name in it")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        part.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another") from error
