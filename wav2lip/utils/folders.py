"""Folders of outputs: which are made, and that the user is told."""

import errno
import logging
import os
from pathlib import Path

from wav2lip.errors import OutputError

log = logging.getLogger(__name__)


def check_output_path(path: Path, what: str = "output") -> None:
    """Check that an output can have this path, and log if more than its last folder will be made.

    A folder at the root of the disk is not made: a missing one is more likely a misspelt or unmounted one.

    Args:
        path: a file or folder to write.
        what: its name in the message, for example "--report".

    Raises:
        OutputError: a name is too long, a part of the path is a file, or its first folder does not exist.
    """
    missing: list[Path] = []
    folder = Path.cwd() / os.path.normpath(path)
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # it will be made, if its folder can be
    except (OSError, ValueError) as error:
        long = isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG
        reason = "the name is too long" if long else str(error)
        shown = f"{str(path)[:60]}…" if long else str(path)
        raise OutputError(f"{shown}: cannot be written: {reason}; choose another {what}") from error
    folder = folder.parent
    while not os.path.lexists(folder):
        missing.append(folder)
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(f"{path}: {folder} is not a folder; choose another {what}")
    if missing and folder == folder.parent:
        raise OutputError(
            f"{path}: the folder {missing[-1]} does not exist; make it first, or choose another {what}"
        )
    if len(missing) > 1:  # one new folder is what a user expects, a whole path may be a slip
        log.warning("%s does not exist and will be made", missing[0])
