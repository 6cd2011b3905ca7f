"""Inputs of preprocessing: videos in a folder or list, and frame folders of the published script."""

import os
from collections.abc import Iterator
from pathlib import Path

from wav2lip.errors import InputError
from wav2lip.utils.tables import read_lines, read_table
from wav2lip.utils.text import printable

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("mp4", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "m4v", "ts", "flv", "wmv", "3gp"),
        *("mts", "m2ts", "vob", "ogv", "mxf", "gif"),
    )
)
FRAMES_SOUND = "audio.wav"  # in a frame folder of the published script, beside the N.jpg
FILE_COLUMN = "file"
LIST = "list of videos"
SHOWN = 80  # characters of a list entry that does not exist


def is_frame_folder(path: Path) -> bool:
    """Return whether a folder is a clip of the published script: N.jpg and audio.wav."""
    return (path / FRAMES_SOUND).is_file() and any(
        entry.stem.isdecimal() for entry in path.glob("*.jpg")
    )


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what is the same for two names of one folder; None for one that cannot be reached."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _below(root: Path) -> Iterator[Path]:
    """Yield the videos and frame folders below a folder. Each linked folder is followed once."""
    closed: list[Path] = []  # folders that cannot be read; each becomes a failed video
    seen, waiting = set(), [root]
    while waiting:
        linked: list[Path] = []  # after all real folders, whose names count
        for start in waiting:
            for folder, subfolders, names in os.walk(
                start, onerror=lambda e: closed.append(Path(e.filename))
            ):
                path = Path(folder)
                identity = _identity(path)
                if identity in seen:
                    subfolders.clear()
                    continue
                seen.add(identity)
                if FRAMES_SOUND in names and is_frame_folder(path):
                    subfolders.clear()
                    yield path
                    continue
                linked += (path / name for name in subfolders if (path / name).is_symlink())
                yield from (
                    path / name for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES
                )
        waiting = sorted(linked)
    yield from closed


def _listed(path: Path) -> Iterator[str]:
    """Yield the entries of a list; "" is a line to skip, " " a blank cell of a table."""
    if path.suffix.lower() != ".csv":
        yield from read_lines(path, LIST)
        return
    columns, rows = read_table(path, LIST)
    if FILE_COLUMN not in columns:
        raise InputError(f"{path}: a CSV list requires a column {FILE_COLUMN!r}")
    yield from (row[FILE_COLUMN] or " " for _, row in rows)


def resolve_entry(folder: Path, entry: str) -> Path | None:
    """Find the video or frame folder of a list entry, which may lack its suffix or have further columns."""
    names = (entry, *entry.split()[:1])
    for name in (*names, *(name.replace("\\", "/") for name in names if "\\" in name)):
        path = Path(os.path.normpath(folder / name))
        try:
            if path.is_file() or is_frame_folder(path):
                return path
            for suffix in sorted(VIDEO_SUFFIXES):
                longer = path.with_name(path.name + suffix)
                if longer.is_file():
                    return longer
        except (OSError, ValueError):  # the name is too long, or its folder cannot be read
            continue
    return None


def _shorten(entry: str) -> str:
    """Return the start of a list entry, short enough for a message and for a file name."""
    text = printable(" ".join(entry.split())) or "(blank)"
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _entries(path: Path) -> Iterator[tuple[str, str, Path | None]]:
    """Yield the number, the name and the video of each entry of a list; None: it does not exist."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(
            f"{path}: a video, not a folder or a list; give the folder that contains it"
        )
    for number, entry in enumerate(_listed(path), 1):
        if entry and not entry.startswith("#"):
            yield f"entry {number}", _shorten(entry), resolve_entry(path.parent, entry)


def _from_list(path: Path) -> dict[str, Path]:
    path = Path(os.path.normpath(path))
    found: list[Path] = []
    missing: dict[str, Path] = {}
    for number, name, video in _entries(path):
        if video is None:
            missing[f"{number}: {name}"] = path.parent / name
        else:
            found.append(video)
    if missing and not found:
        raise InputError(
            f"{path}: {next(iter(missing))}: no such video; paths are relative to the folder of the list"
        )
    root = path.parent
    if not all(video.is_relative_to(root) for video in found):
        root = Path(os.path.commonpath([video.parent.absolute() for video in found]))
        found = [video.absolute() for video in found]
    return {printable(video.relative_to(root).as_posix()): video for video in found} | missing


def _from_folder(root: Path) -> dict[str, Path]:
    return {printable(path.relative_to(root).as_posix()): path for path in _below(root)}


def find_inputs(root: Path) -> dict[str, Path]:
    """Find the videos and frame folders of an input.

    Args:
        root: a folder of any depth, or a list file. A list has one path per line, relative to its own
            folder (the suffix is optional, `#` starts a comment), or is a CSV with a column `file`.

    Returns:
        Paths by name, sorted by name. A name is the path relative to `root`, to the folder of the list, or,
        if entries lie outside it, to the deepest folder that contains all of them. Some paths may not be
        readable: dangling links, closed folders, list entries that do not exist (named by their number).

    Raises:
        InputError: `root` does not exist or contains no video, or no entry of the list exists.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder or list; give a folder of videos or a list file")
    found = _from_list(root) if root.is_file() else _from_folder(root)
    if not found:
        raise InputError(
            f"{root}: contains no video; known suffixes: {' '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return dict(sorted(found.items()))


def check_inputs(root: Path) -> None:
    """Check that an input has a video, up to its first one.

    Args:
        root: see `find_inputs`.

    Raises:
        InputError: as `find_inputs`.
    """
    if root.is_dir():
        first = next(_below(root), None)
    else:
        first = next((video for _, _, video in _entries(root) if video), None)
    if first is None:
        find_inputs(root)
