"""Write files completely or not at all. Every file that the package writes is written here.

A file is written under a random hidden name beside its path, flushed to the disk, and renamed. What was
there before is therefore kept until the new file is complete. A link is replaced, not followed. A device
or a named pipe is written into.
"""

import csv
import errno
import hashlib
import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from wav2lip.errors import OutputError
from wav2lip.utils.partials import NO_FOLLOW, NO_WAIT, create_partial, sweep_once
from wav2lip.utils.streams import is_stream, open_stream
from wav2lip.utils.text import printable
from wav2lip.utils.write_errors import CANNOT_WRITE, output_error, report_as


def sha256_of(path: Path) -> str:
    """Return the hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def absolute_if_file(name: str | None) -> str | None:
    """Return the absolute path of a file; other names, which may be built in, stay as they are."""
    if name is None:
        return None
    path = Path(name).expanduser()
    return str(path.absolute()) if path.exists() else name


def _sync_folder(folder: Path) -> None:
    """Flush a rename to the disk, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class AtomicFile:
    """A file that appears at its path when it is complete, and not at all after an error.

    A context manager. Write to `file`, or let a library open the path `part`; it must not replace that file,
    whose lock says that it is in use.

    Args:
        path: the file; missing folders are created.

    Attributes:
        part: the hidden file that becomes `path`.
        file: the hidden file, open for reading and writing.

    Raises:
        OutputError: The file cannot be written.
        InputError: `path` is a folder, a socket or a disk.

    Examples:
        >>> with AtomicFile(Path("a.txt")) as new:
        ...     new.file.write(b"text")
        4
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream = is_stream(path)
        with report_as(path):
            if not self._stream:
                path.parent.mkdir(parents=True, exist_ok=True)
                sweep_once(path.parent)
            temporary = Path(tempfile.gettempdir()) if self._stream else None
            self.part, handle = create_partial(path, temporary)
        self.file = os.fdopen(handle, "r+b")

    def commit(self) -> None:
        """Flush the file to the disk and give it its name."""
        with report_as(self.path):
            self.file.flush()
            if self._stream:
                with (
                    self.part.open("rb") as source,
                    os.fdopen(open_stream(self.path), "wb") as target,
                ):
                    shutil.copyfileobj(source, target)
                self.discard()
                return
            os.fsync(self.file.fileno())
            if os.name == "nt":
                self.file.close()  # an open file cannot be renamed there
            self.part.replace(self.path)
            self.file.close()
        _sync_folder(self.path.parent)

    def discard(self) -> None:
        """Delete the hidden file."""
        with suppress(OSError):  # flushing may fail as writing did
            self.file.close()
        with suppress(OSError):
            self.part.unlink(missing_ok=True)

    def _failure(self, error: BaseException | None) -> OSError | None:
        """Find the error of writing this file. torch.save raises another one on top of it."""
        while isinstance(error, OSError | RuntimeError):
            own = (None, str(self.part))  # a failed write() names no file
            if isinstance(error, OSError) and error.filename in own and error.errno in CANNOT_WRITE:
                return error
            error = error.__cause__ or error.__context__
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            self.discard()
        failure = self._failure(error)
        if failure is not None:
            raise output_error(self.path, failure) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is either complete or unchanged.

    Args:
        path: the file; missing folders are created.
        data: its content.

    Raises:
        OutputError: The file cannot be written.
    """
    with AtomicFile(path) as new, report_as(path):
        new.file.write(data)


def write_table(path: Path, rows: Iterable[Iterable[object]], terminator: str = "\r\n") -> None:
    """Write rows as a CSV in UTF-8, complete or not at all.

    Args:
        path: the file; missing folders are created.
        rows: cells of each row; the first row is the header.
        terminator: of a line.

    Raises:
        OutputError: The file cannot be written.
    """
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=terminator).writerows(rows)
    write_atomically(path, printable(text.getvalue()).encode())


def check_writable(path: Path) -> None:
    """Check that a file can be written, before the work whose result it stores.

    Args:
        path: the file; missing folders are created.

    Raises:
        OutputError: The file cannot be written.
        InputError: `path` is a folder, a socket or a disk.
    """
    if not is_stream(path):
        AtomicFile(path).discard()
    elif not os.access(path, os.W_OK):
        raise output_error(path, PermissionError(errno.EACCES, "not writable"))


def check_folder(folder: Path) -> None:
    """Check that files can be written to a folder, which need not exist yet. Creates nothing.

    Raises:
        OutputError: It cannot be created or written.
    """
    with report_as(folder):
        for place in (folder, *folder.parents):
            if place.is_dir():
                if os.access(place, os.W_OK | os.X_OK):
                    return
                read_only = bool(os.statvfs(place).f_flag & os.ST_RDONLY)
                raise OSError(errno.EROFS if read_only else errno.EACCES, "not writable")
            try:
                place.lstat()
            except FileNotFoundError:
                continue
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")


def check_own(path: Path) -> None:
    """Check that a file, if it exists, is a regular one of this user without another name.

    Raises:
        OutputError: It is a link or a pipe, for example, which somebody else may have placed there.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or not own:
        raise OutputError(f"{path}: was not written by this program; remove it")


def empty(path: Path) -> None:
    """Remove the content of a file that `append` continues; the file itself stays, with its lock.

    Raises:
        OutputError: The file cannot be written.
    """
    with report_as(path):
        check_own(path)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_FOLLOW | NO_WAIT, 0o666))


def append(path: Path, data: bytes) -> None:
    """Add to a file that a later run continues, such as a download that was cut short.

    Args:
        path: the file, at a name that others can predict; see `check_own`.
        data: what to add.

    Raises:
        OutputError: The file cannot be written.
    """
    with report_as(path):
        check_own(path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_FOLLOW | NO_WAIT
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(handle, "ab") as file:
            file.write(data)
