"""The temporary folder of a Ray cluster on this machine."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wav2lip.utils.locks import is_abandoned, locked_folder

PREFIX = "ray-"  # short: Ray makes sockets below, whose paths have at most 107 bytes


def _sweep(parent: Path) -> None:
    """Delete the folders of killed processes: those with a lock that its owner neither holds nor has given up."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
            if own and stat.S_ISDIR(status.st_mode) and is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def ray_folder() -> Iterator[Path]:
    """Create a folder that is deleted at the end, or by the next process that makes one if this one is killed.

    Yields:
        The folder, in that for temporary files.
    """
    _sweep(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name,
        locked_folder(Path(name)),
    ):
        yield Path(name)
