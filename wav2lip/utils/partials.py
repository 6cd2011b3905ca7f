"""Hidden files beside the file that they become, and the removal of those that a killed process left.

Each is created under a random name that did not exist before, and is locked as long as its process
lives. A killed process leaves its files unlocked, so that the next one knows that they are stale.
On Windows they are not locked: an open file cannot be deleted there.
"""

import errno
import hashlib
import os
import re
import secrets
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from wav2lip.utils.kernel_lock import lock, try_lock

STEM = 32  # characters of the target's stem in the hidden name: a name has at most 255 bytes
SUFFIX = 16  # characters; FFmpeg chooses the format by the suffix
ATTEMPTS = 10  # names tried
FOREIGN_AGE = (
    86_400.0  # seconds until a file that is not locked, or locked by another machine, counts
)
# as stale: not every file system shows that machine's locks here
WINDOWS = os.name == "nt"
NAME = re.compile(r"\..*\.(?P<host>[0-9a-f]{8})-[0-9a-f]{16}\.part(\.[^.]*)?", re.DOTALL)
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe does not wait for its other end

_swept: set[str] = set()  # folders that this process has swept


def _host() -> str:
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()


def create_partial(target: Path, folder: Path | None = None) -> tuple[Path, int]:
    """Create an empty hidden file, locked until its handle is closed.

    Args:
        target: the file that it becomes.
        folder: where to create it; beside `target` by default.

    Returns:
        Its path and its open handle.

    Raises:
        OSError: the folder cannot be written, or `target` has an impossible name.
    """
    with suppress(FileNotFoundError):
        target.lstat()  # reports a name that is too long, which the shortened one is not
    suffix = target.suffix if len(target.suffix) <= SUFFIX else ""
    for _ in range(ATTEMPTS):
        token = f"{_host()}-{secrets.token_hex(8)}"
        part = (folder or target.parent) / f".{target.stem[:STEM]}.{token}.part{suffix}"
        try:
            handle = os.open(part, NEW | NO_FOLLOW, 0o666)
        except FileExistsError:
            continue
        if (
            WINDOWS or try_lock(handle)
        ) and part.exists():  # a sweep may come between the two calls
            return part, handle
        os.close(handle)
    raise FileExistsError(errno.EEXIST, "no free name for a temporary file", str(target.parent))


@contextmanager
def temporary_file(name: str) -> Iterator[tuple[Path, BinaryIO]]:
    """Create a file in the folder for temporary files, deleted at the end.

    If this process is killed, the next one that makes such a file deletes it.

    Args:
        name: its stem and suffix; the rest of its name is random.

    Yields:
        Its path, and the file open for writing. Flush it before the path is read.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(tempfile.gettempdir())
    sweep_once(folder)
    path, handle = create_partial(Path(name), folder)
    with os.fdopen(handle, "r+b") as file:
        try:
            yield path, file
        finally:
            with suppress(OSError):
                path.unlink()


def _remove_if_stale(path: Path, host: str) -> None:
    """Delete a hidden file if the process that wrote it has ended.

    It is deleted under its lock: between the two calls of `create_partial` a file that is about to
    be written is not locked yet, and its creator then finds it either locked or gone.
    """
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return
    if (WINDOWS or host != _host()) and time.time() - status.st_mtime < FOREIGN_AGE:
        return
    if WINDOWS:
        path.unlink()
        return
    handle = os.open(path, os.O_RDWR | NO_FOLLOW | NO_WAIT)
    try:
        lock(handle)
        path.unlink()
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Delete the hidden files that killed processes left in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            named = NAME.fullmatch(entry.name)
            if named is not None:
                # OSError: in use, swept by another process meanwhile, or no locks on this file system
                with suppress(OSError):
                    _remove_if_stale(Path(entry.path), named["host"])


def sweep_once(folder: Path) -> None:
    """Do the same, but only the first time that this process writes to the folder."""
    where = str(folder.resolve())
    if where not in _swept:
        _swept.add(where)
        sweep(folder)


def sweep_tree(folder: Path) -> None:
    """Do the same for a folder and everything below it; links are not followed."""
    for where, _, _ in os.walk(folder):
        sweep(Path(where))
