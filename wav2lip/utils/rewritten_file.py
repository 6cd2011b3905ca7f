"""A file that is written twice: a second program turns the finished file into the one that is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from wav2lip.utils.files import AtomicFile

Rewrite: TypeAlias = Callable[[Path, BinaryIO], None]


class RewrittenFile(AtomicFile):
    """An `AtomicFile` that appears at its path only as `rewrite` has written it, for example with a signature.

    Args:
        path: the file; missing folders are created.
        rewrite: called with the path of the finished file and a file to write, open for reading, too.
    """

    def __init__(self, path: Path, rewrite: Rewrite) -> None:
        super().__init__(path)
        self._rewrite = rewrite

    def commit(self) -> None:
        """Write the second file, flush it to the disk and give it its name; delete the first."""
        self.file.flush()
        with AtomicFile(self.path) as new:
            self._rewrite(self.part, new.file)
        self.discard()


def new_file(path: Path, rewrite: Rewrite | None = None) -> AtomicFile:
    """Return an `AtomicFile`, one that is rewritten if there is a `rewrite`."""
    return AtomicFile(path) if rewrite is None else RewrittenFile(path, rewrite)
