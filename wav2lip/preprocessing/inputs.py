"""Inputs of preprocessing: videos in a folder or list, and frame folders of the published script."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from wav2lip.errors import InputError

VIDEO_SUFFIXES = frozenset(
    ".mp4 .mov .mkv .webm .avi .mpg .mpeg .m4v .ts .flv .wmv .3gp".split()  # noqa: SIM905
)
FRAMES_SOUND = "audio.wav"  # in a frame folder of the published script, beside the N.jpg
FILE_COLUMN = "file"


def is_frame_folder(path: Path) -> bool:
    """Return whether a folder is a clip of the published script: N.jpg and audio.wav."""
    return (path / FRAMES_SOUND).is_file() and any(
        entry.stem.isdecimal() for entry in path.glob("*.jpg")
    )


def _below(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):
        path = Path(folder)
        if FRAMES_SOUND in names and is_frame_folder(path):
            subfolders.clear()
            yield path
            continue
        yield from (path / name for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES)


def _listed(path: Path) -> Iterator[str]:
    try:
        with path.open(newline="") as file:
            if path.suffix.lower() == ".csv":
                reader = csv.DictReader(file)
                if FILE_COLUMN not in (reader.fieldnames or ()):
                    raise InputError(f"{path}: a CSV list requires a column {FILE_COLUMN!r}")
                yield from (row[FILE_COLUMN] for row in reader)
            else:
                yield from (line.strip() for line in file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a list of videos: {error}") from error


def _resolve(folder: Path, entry: str) -> Path | None:
    """Find the video or frame folder of a list entry, which may lack its suffix or have further columns."""
    for name in (entry, entry.split()[0]):
        path = Path(os.path.normpath(folder / name))
        if path.is_file() or is_frame_folder(path):
            return path
        for suffix in sorted(VIDEO_SUFFIXES):
            longer = path.with_name(path.name + suffix)
            if longer.is_file():
                return longer
    return None


def _from_list(path: Path) -> dict[str, Path]:
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise InputError(
            f"{path}: a video, not a folder or a list; give the folder that contains it"
        )
    path = Path(os.path.normpath(path))
    found: list[Path] = []
    for number, entry in enumerate(_listed(path), 1):
        if not entry or entry.startswith("#"):
            continue
        video = _resolve(path.parent, entry)
        if video is None:
            raise InputError(
                f"{path}: entry {number}: {entry}: no such video; paths are relative to the folder of the list"
            )
        found.append(video)
    root = path.parent
    if not all(video.is_relative_to(root) for video in found):
        root = Path(os.path.commonpath([video.parent.absolute() for video in found]))
        found = [video.absolute() for video in found]
    return {video.relative_to(root).as_posix(): video for video in found}


def _from_folder(root: Path) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for path in _below(root)}


def find_inputs(root: Path) -> dict[str, Path]:
    """Find the videos and frame folders of an input.

    Args:
        root: a folder of any depth, or a list file. A list has one path per line, relative to its own
            folder (the suffix is optional, `#` starts a comment), or is a CSV with a column `file`.

    Returns:
        Paths by name, sorted by name. A name is the path relative to `root`, to the folder of the list, or,
        if entries lie outside it, to the deepest folder that contains all of them.

    Raises:
        InputError: `root` does not exist or contains no video, or an entry does not exist.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder or list; give a folder of videos or a list file")
    found = _from_list(root) if root.is_file() else _from_folder(root)
    if not found:
        raise InputError(
            f"{root}: contains no video; known suffixes: {' '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return dict(sorted(found.items()))
