"""Refuse to write over an input, or twice to the same file."""

import os
import stat
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.utils.files import check_writable

Named = tuple[str, str | os.PathLike[str] | None]  # what the file is, for the message; its path


def _identity(path: str | os.PathLike[str]) -> Hashable:
    """Return what two paths of the same file share; None for a device or pipe, which many may use.

    Links and `..` are resolved. Files that exist are compared by inode, so that hard links and names
    that differ in case on a file system without case are the same.
    """
    try:
        status = Path(path).stat()
    except (OSError, ValueError):  # it does not exist yet
        return os.path.realpath(path)
    if stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode):
        return status.st_dev, status.st_ino
    return None


def check_new_files(outputs: Sequence[Named], inputs: Iterable[Named]) -> None:
    """Do `check_outputs`, and check that the files can be written; missing folders are created.

    Raises:
        OutputError: one cannot be written.
        InputError: two are the same file, or one is a folder, a socket or a disk.
    """
    check_outputs(outputs, inputs)
    for _, path in outputs:
        if path is not None:
            check_writable(Path(path))


def check_outputs(outputs: Iterable[Named], inputs: Iterable[Named]) -> None:
    """Check that no file that will be written is an input or another file that will be written.

    Args:
        outputs: each file with its role, for example ("report", "r.json"); without a path it is ignored.
        inputs: the same of the files that are read.

    Raises:
        InputError: two are the same file.

    Examples:
        >>> check_outputs([("output", "a.mp4")], [("face", "b.jpg"), ("audio", "./a.mp4")])
        Traceback (most recent call last):
        wav2lip.errors.InputError: a.mp4: is the audio itself; choose another output
    """
    read: dict[Hashable, str] = {}
    for role, path in inputs:
        if path is not None:
            read.setdefault(_identity(path), role)
    written: dict[Hashable, str] = {}
    for role, path in outputs:
        identity = None if path is None else _identity(path)
        if identity is None:
            continue
        if identity in read:
            raise InputError(f"{path}: is the {read[identity]} itself; choose another {role}")
        if identity in written:
            raise InputError(
                f"{path}: is both the {written[identity]} and the {role}; choose another {role}"
            )
        written[identity] = role
