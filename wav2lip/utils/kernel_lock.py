"""The kernel's lock of an open file: it ends with its holder, however that one ends.

POSIX has two kinds. The one of an open file is shared with forked children; the one of a process is not, but closing
any handle of the file gives it up. Windows has one, of a process and a range of bytes, which others can neither read
nor write: a byte beyond any content is locked.
"""

import errno
import os
from importlib import import_module
from typing import Any

FREE = (1 << 31) - 2  # the byte; `msvcrt` counts with 31 bits
TAKEN = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


def lock(handle: int, of_process: bool = False) -> None:
    """Lock an open file without waiting.

    Args:
        handle: of a file that is open for writing.
        of_process: the lock is not inherited by forked children. A process does not keep itself from it.

    Raises:
        OSError: it is locked, or its file system or this platform has no locks.
    """
    if (posix := _module("fcntl")) is not None:
        take = posix.lockf if of_process else posix.flock
        take(handle, posix.LOCK_EX | posix.LOCK_NB)
    elif (windows := _module("msvcrt")) is not None:
        at = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, FREE, os.SEEK_SET)
        try:
            windows.locking(handle, windows.LK_NBLCK, 1)
        finally:
            os.lseek(handle, at, os.SEEK_SET)
    else:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def try_lock(handle: int, of_process: bool = False) -> bool:
    """Do the same and return whether nobody else holds the lock; True also where there are no locks."""
    try:
        lock(handle, of_process)
    except OSError as error:
        return error.errno not in TAKEN
    return True
