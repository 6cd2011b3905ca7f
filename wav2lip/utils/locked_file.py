"""A file at a fixed name that one process at a time adds to, and a later one continues."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wav2lip.utils.files import check_own
from wav2lip.utils.kernel_lock import try_lock
from wav2lip.utils.partials import NO_FOLLOW, NO_WAIT
from wav2lip.utils.write_errors import report_as

POLL = 0.2  # seconds between two looks at a lock that another process holds
log = logging.getLogger(__name__)


def _is_at(handle: int, path: Path) -> bool:
    """Tell whether an open file is still the one at `path`."""
    with suppress(OSError):
        own, found = os.fstat(handle), path.lstat()
        return (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino)
    return False


@contextmanager
def locked_file(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which is created if missing. Waits while another process holds it.

    The lock follows the file when it is renamed, so empty the file instead of deleting it. It ends with
    its process. If the file is empty at the end, it is deleted.

    Args:
        path: the file.

    Raises:
        OutputError: the file cannot be written, or was not written by this program.
    """
    waited = False
    while True:
        with report_as(path):
            check_own(path)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW | NO_WAIT, 0o666)
        if try_lock(handle):
            if _is_at(handle, path):
                break
        else:
            if not waited:
                log.warning("%s: another process downloads this file; waiting for it", path)
            waited = True
            time.sleep(POLL)
        os.close(handle)
    try:
        yield
    finally:
        if _is_at(handle, path) and not os.fstat(handle).st_size:
            with suppress(OSError):
                path.unlink()
        os.close(handle)
