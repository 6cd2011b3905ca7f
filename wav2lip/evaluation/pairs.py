"""Find what to score: one video, a folder, or a list of faces and sounds.

A list does not open the files that it names: missing ones are skipped later, with the reason.
"""

import re
from dataclasses import dataclass, replace
from glob import escape
from itertools import count
from pathlib import Path, PurePosixPath

from wav2lip.clips import read_manifest
from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import find_inputs
from wav2lip.preprocessing.splits import speaker_from_path
from wav2lip.utils.tables import read_lines, read_table
from wav2lip.utils.text import printable

COLUMNS = ("face", "audio")
SPEAKER = "speaker"  # a column that may be missing
LIST = "list of pairs"


@dataclass(frozen=True)
class Pair:
    """A face and a sound.

    Attributes:
        name: of the pair in the results.
        face: video or still.
        audio: sound file or video; the same file as `face` if the video is judged with its own sound.
        real: the real video behind a `face` that was generated before, if it is known.
        speaker: who is seen; clips of one speaker are resampled together. Empty: a speaker of its own.
    """

    name: str
    face: Path
    audio: Path
    real: Path | None = None
    speaker: str = ""


def _lines(path: Path) -> list[str]:
    return [line for line in read_lines(path, LIST) if line]


def _named(files: list[tuple[str, Path, Path, str]], path: Path) -> list[Pair]:
    """Make pairs of (name, face, audio, speaker), numbering equal names.

    Raises:
        InputError: there are none.
    """
    if not files:
        raise InputError(f"{path}: the list is empty; give one face and one sound per line")
    wanted = {name for name, *_ in files}
    used: set[str] = set()
    pairs = []
    for name, face, audio, speaker in files:
        # A numbered name must not be that of another line either.
        numbered = (f"{name}-{number}" for number in count(2))
        free = name if name not in used else next(n for n in numbered if n not in used | wanted)
        used.add(free)
        pairs.append(Pair(free, face, audio, speaker=speaker))
    return pairs


def _real(video: Path, base: Path, real: Path) -> Path:
    """The real video of the same name; without one, a path that fails with its name when it is read."""
    if not real.is_dir():
        return real
    wanted = real / video.relative_to(base).with_suffix("")
    return next(iter(sorted(wanted.parent.glob(f"{escape(wanted.name)}.*"))), wanted)


def videos(path: str, real: str | None = None) -> list[Pair]:
    """A video, or every video below a folder, each with its own sound.

    Videos in one subfolder count as one speaker's.

    Args:
        path: video or folder.
        real: the real video that the video was generated from, or a folder with a file of the same name (and any
            suffix) for each video.

    Raises:
        InputError: no such file, or no video in the folder.
    """
    root = Path(path)
    if not root.exists():
        raise InputError(f"{root}: no such file or folder; give input=VIDEO or input=FOLDER")
    found = [root] if root.is_file() else [p for p in find_inputs(root).values() if not p.is_dir()]
    base = root.parent if root.is_file() else root
    named = []
    for video in found:
        source = printable(video.relative_to(base).as_posix())
        name = PurePosixPath(source).with_suffix("").as_posix().replace("/", "_")
        named.append((name, video, video, speaker_from_path(source)))
    pairs = _named(named, root)
    if not real:
        return pairs
    return [replace(pair, real=_real(pair.face, base, Path(real))) for pair in pairs]


def pairs(path: str, root: str | None = None) -> list[Pair]:
    """A CSV file with the columns face and audio, and optionally speaker.

    Args:
        path: the file.
        root: folder that its paths are relative to; None: the working directory.

    Raises:
        InputError: unreadable, a missing column, or an empty cell.
    """
    columns, rows = read_table(Path(path), LIST)
    if not set(COLUMNS) <= set(columns):
        raise InputError(f"{path}: its first line must name the columns {', '.join(COLUMNS)}")
    base = Path(root) if root else Path()
    found = []
    for line, row in rows:
        cells = [row[column].strip() for column in COLUMNS]
        if not all(cells):
            raise InputError(f"{path}, line {line}: a cell is empty; fill face and audio")
        face, audio = (base / cell for cell in cells)
        name = face.stem if face == audio else f"{face.stem}-{audio.stem}"
        found.append((name, face, audio, row.get(SPEAKER, "").strip()))
    return _named(found, Path(path))


def filelist(
    path: str,
    root: str | None,
    audio_first: bool = True,
    suffix: str = "",
    speakers: bool = False,
) -> list[Pair]:
    """A published test list: two names per line.

    Sources: evaluation/test_filelists of Rudrabha/Wav2Lip for LRS2, LRS3 and LRW (the video of the sound, then the
    face, both without .mp4), and ReSyncED (the face, then the sound).

    Args:
        path: the list.
        root: folder that the names are relative to.
        audio_first: whether the sound is named before the face.
        suffix: added to both names.
        speakers: whether the first folder of a face is its speaker.

    Raises:
        InputError: no `root`, unreadable, or a line without two names.
    """
    if not root:
        raise InputError(f"{path}: its names are relative; give the data set's folder with root=")
    found = []
    for number, line in enumerate(_lines(Path(path)), start=1):
        names = line.split()
        if len(names) != 2:
            raise InputError(
                f"{path}, line {number}: expected two names, not {line.strip()[:60]!r}"
            )
        one, other = (Path(root) / f"{name}{suffix}" for name in names)
        face, audio = (other, one) if audio_first else (one, other)
        parts = [part.relative_to(root).with_suffix("").as_posix() for part in (face, audio)]
        speaker = speaker_from_path(parts[0]) if speakers else ""
        found.append(("-".join(parts).replace("/", "_"), face, audio, speaker))
    return _named(found, Path(path))


def own_sounds(path: str, root: str | None, suffix: str = "", part: str = "") -> list[Pair]:
    """A list of videos, one name per line, each with its own sound, as papers on HDTF split that set.

    Args:
        path: the list.
        root: folder that the names are relative to.
        suffix: added to a name that does not end in it.
        part: pattern of the end of a name without suffix that numbers the parts of one recording; the rest is the
            speaker. "": the first folder is the speaker.

    Raises:
        InputError: no `root`, or unreadable.
    """
    if not root:
        raise InputError(f"{path}: its names are relative; give the data set's folder with root=")
    found = []
    for line in _lines(Path(path)):
        name = line.strip()
        video = Path(root) / (name if name.endswith(suffix) else f"{name}{suffix}")
        stem = video.relative_to(root).with_suffix("").as_posix()
        speaker = re.sub(f"{part}$", "", stem) if part else speaker_from_path(stem)
        found.append((stem.replace("/", "_"), video, video, speaker))
    return _named(found, Path(path))


def manifest(path: str, root: str | None, split: str = "val") -> list[Pair]:
    """The source videos of one split of a manifest.

    Args:
        path: manifest, or the folder that holds it.
        root: folder of the videos that the manifest was made from.
        split: name of the split.

    Raises:
        InputError: no `root`, or no clip in this split.
    """
    if not root:
        raise InputError(f"{path}: names videos; give the folder that they are in with root=")
    rows = [row for row in read_manifest(Path(path)) if row.split == split]
    sources = sorted({row.source: row.speaker for row in rows}.items())
    if not sources:
        raise InputError(f"{path}: has no clip of split {split!r}; see its split column")
    files = [(Path(root) / source, speaker) for source, speaker in sources]
    return _named([(file.stem, file, file, speaker) for file, speaker in files], Path(path))
