"""What a stopped process leaves: processes, shared memory, files and tracebacks."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SHM = Path("/dev/shm")
PROBE = re.compile("[a-z0-9_]{8}")  # names that `tempfile` gives


def session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            pid = int(entry.name)
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.append(pid)
    return found


def orphans(before: set[str]) -> list[str]:
    """Return new shared-memory segments that no process has open."""
    new = (
        {str(path) for path in SHM.iterdir() if path.is_file()} - before if SHM.is_dir() else set()
    )
    if not new:
        return []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with suppress(OSError):
            mapped = (entry / "maps").read_text()
            new -= {name for name in new if name in mapped}
        with suppress(OSError):
            for handle in (entry / "fd").iterdir():
                with suppress(OSError):
                    new.discard(str(handle.readlink()))
    return sorted(name for name in new if Path(name).exists())


def is_probe(path: Path) -> bool:
    """Return whether a file is Python's own test, by `tempfile`, whether a folder can be written.

    It writes one word and deletes the file; SIGKILL may come in between.
    """
    return PROBE.fullmatch(path.name) is not None and path.read_bytes() in (b"", b"blat")


def exceptions(text: str, killed: bool) -> Iterator[str]:
    """Yield the last line of every traceback.

    Those of the resource tracker of `multiprocessing`, a process that outlives its killed parent, are left out:
    SIGKILL may cut off or repeat the line by which the parent tells it of a segment. What it does about the
    segment is checked: none may be left.
    """
    for block in text.split("Traceback (most recent call last):\n")[1:]:
        lines = block.splitlines()
        frames = [line for line in lines if line.startswith('  File "')]
        if (
            not killed
            or not frames
            or not all("multiprocessing/resource_tracker.py" in line for line in frames)
        ):
            yield next((line for line in lines if line[:1].strip()), "")  # not indented


def partials(*folders: Path) -> list[str]:
    """Return hidden and temporary files."""
    return sorted(
        str(path.relative_to(folder))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and (path.name.startswith(".") or ".part" in path.name)
    )
