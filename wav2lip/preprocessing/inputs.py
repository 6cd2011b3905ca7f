"""What there is to preprocess: videos below a folder, those of a list, and folders of published frames."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from wav2lip.errors import InputError

VIDEO_SUFFIXES = frozenset(
    ".mp4 .mov .mkv .webm .avi .mpg .mpeg .m4v .ts .flv .wmv .3gp".split()  # noqa: SIM905
)
FRAMES_SOUND = "audio.wav"  # beside the N.jpg of a clip that the published script has preprocessed
FILE_COLUMN = "file"


def is_frame_folder(path: Path) -> bool:
    """Whether a folder is a clip of the published preprocessing: N.jpg and audio.wav."""
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
                    raise InputError(f"{path}: a list as CSV needs the column {FILE_COLUMN}")
                yield from (row[FILE_COLUMN] for row in reader)
            else:
                yield from (line.strip() for line in file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a list of videos; {error}") from error


def _resolve(folder: Path, entry: str) -> Path | None:
    """The video or frame folder of a list's entry, which may lack its ending or carry further columns."""
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
        raise InputError(f"{path}: a video, not a folder or list; give the folder that it is in")
    path = Path(os.path.normpath(path))
    found: list[Path] = []
    for number, entry in enumerate(_listed(path), 1):
        if not entry or entry.startswith("#"):
            continue
        video = _resolve(path.parent, entry)
        if video is None:
            raise InputError(
                f"{path}: entry {number}: {entry}: no such video; paths are relative to the list's folder"
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
    """Name -> video or frame folder, sorted by name, of a folder of any depth or of a list file.

    A list has one path a line, relative to its own folder (the ending may be left out; `# ...` is a comment),
    or is a CSV with a column `file`. A name is the path relative to the folder or list, or to the folder that
    all entries share where some lie elsewhere.
    InputError where there is nothing, and for a list's entry that is not there.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder; give input=FOLDER with videos in it, or a list")
    found = _from_list(root) if root.is_file() else _from_folder(root)
    if not found:
        raise InputError(
            f"{root}: no video in it; known endings: {' '.join(sorted(VIDEO_SUFFIXES))}"
        )
    return dict(sorted(found.items()))
