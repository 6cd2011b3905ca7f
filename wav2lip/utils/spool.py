"""Records that are kept on the disk while a run lasts, so that memory does not grow with its length."""

import tempfile
from pathlib import Path
from typing import IO, Self

from wav2lip.utils.write_errors import report_as

IN_MEMORY = 8 * 2**20  # bytes that are kept in memory before the disk is used


class Spool:
    """Bytes in a temporary file without a name; a context manager. Not for several threads.

    Raises:
        OutputError: the temporary folder cannot be written.

    Examples:
        >>> with Spool() as spool:
        ...     first, second = spool.add(b"one"), spool.add(b"second")
        ...     spool.read(second, 6), spool.read(first, 3)
        (b'second', b'one')
    """

    def __init__(self) -> None:
        # SpooledTemporaryFile moves to the disk by itself, and has no name there.
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- closed by `close`
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the records."""
        self._file.close()

    def add(self, record: bytes) -> int:
        """Append a record and return its place."""
        place = self.size
        with report_as(Path(tempfile.gettempdir())):
            self._file.seek(place)
            self._file.write(record)
        self.size += len(record)
        return place

    def read(self, place: int, size: int) -> bytes:
        """Read `size` bytes from a place on."""
        self._file.seek(place)
        return self._file.read(size)
