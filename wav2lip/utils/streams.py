"""Outputs that are written into and not replaced: devices and named pipes."""

import errno
import os
import stat
import time
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.utils.partials import NO_WAIT
from wav2lip.utils.write_errors import output_error

READER_PATIENCE = 10.0  # seconds until a program must read from a named pipe
STREAMS = ("/dev/fd/", "/dev/std", "/proc/")  # open files of this process by name


def is_stream(path: Path) -> bool:
    """Tell whether a path is written into, not replaced: a character device or a pipe.

    Raises:
        InputError: it is a folder, a socket or a disk.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            return False  # a link that leads to itself is replaced
        raise output_error(path, error) from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a directory; give a file name in it")
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        raise InputError(f"{path}: is a socket or a disk; give a file name")
    return not stat.S_ISREG(mode) or str(path.absolute()).startswith(STREAMS)


def open_stream(path: Path) -> int:
    """Open a device or pipe for writing; wait a while for a pipe's reader."""
    until = time.monotonic() + READER_PATIENCE
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | NO_WAIT)
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            os.set_blocking(handle, True)
            return handle
