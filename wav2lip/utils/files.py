"""Small files written whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

from wav2lip.errors import InputError


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` through a hidden file beside `path`; `InputError` where that cannot be."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):  # it may never have been there, nor its folder
            part.unlink()
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another") from error


def check_writable(path: Path) -> None:
    """`InputError` if a file at `path` could not be written: better told before the work."""
    if path.is_dir():
        raise InputError(f"{path}: is a directory; give a file name in it")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        part.unlink()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another") from error
