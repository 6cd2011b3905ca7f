"""The one-line error for a file that cannot be written."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wav2lip.errors import OutputError

CANNOT_WRITE = {  # error number of the system -> reason and cure
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "your disk quota is used up; free some space",
    errno.EFBIG: "the file exceeds the size limit of this folder; choose another",
    errno.EACCES: "the folder is not writable; choose another",
    errno.EPERM: "the folder is not writable; choose another",
    errno.EROFS: "the folder is read-only; choose another",
    errno.ENOENT: "the folder does not exist; choose another",
    errno.ENOTDIR: "a part of the path is a file; choose another folder",
    errno.EEXIST: "a part of the path is a file; choose another folder",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
    errno.ELOOP: "its links form a circle; choose another path",
    errno.EIO: "the disk reports an error; choose another",
    errno.ENXIO: "no program reads from this pipe; start one first",
    errno.EPIPE: "the program that reads from this pipe has ended",
    errno.EMFILE: "too many files are open; raise `ulimit -n`",
}


def output_error(path: Path, error: OSError) -> OutputError:
    """Return the one-line error for a file that cannot be written."""
    cure = CANNOT_WRITE.get(error.errno or 0)
    reason = f": {cure}" if cure else f" ({error.strerror or error}); choose another"
    return OutputError(f"{path}: cannot be written{reason}")


@contextmanager
def report_as(path: Path) -> Iterator[None]:
    """Raise an OSError of the block as the one-line `OutputError` for `path`."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error
