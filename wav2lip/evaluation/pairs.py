"""What is to be judged: one video, a folder, or a list of faces and sounds.

A list does not open the files that it names: those that are missing are skipped later, with the
reason, and the rest goes on.
"""

import csv
from dataclasses import dataclass, replace
from glob import escape
from itertools import count
from pathlib import Path

from wav2lip.clips import read_manifest
from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import find_inputs

COLUMNS = ("face", "audio")


@dataclass(frozen=True)
class Pair:
    """A face and the sound that it says, or shall say; the same file where it is its own.

    real: the real video behind a face that was generated before, where it is known.
    """

    name: str
    face: Path
    audio: Path
    real: Path | None = None


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a list, but a file of another kind") from error
    return [line for line in lines if line.strip()]


def _named(faces: list[tuple[str, Path, Path]], path: Path) -> list[Pair]:
    """Pairs under names that tell them apart; InputError where there is none."""
    if not faces:
        raise InputError(f"{path}: lists nothing; give a face and a sound a line")
    own = {name for name, _, _ in faces}
    taken: set[str] = set()
    pairs = []
    for name, face, audio in faces:
        # A numbered name must not be that of another line either.
        numbered = (f"{name}-{number}" for number in count(2))
        free = name if name not in taken else next(n for n in numbered if n not in taken | own)
        taken.add(free)
        pairs.append(Pair(free, face, audio))
    return pairs


def videos(path: str, real: str | None = None) -> list[Pair]:
    """A video, or every video below a folder, each with its own sound.

    real: the real video that it was made from, or a folder where it lies under the same name, with
    any ending.
    """
    root = Path(path)
    if not root.exists():
        raise InputError(f"{root}: no such file or folder; give input=VIDEO or input=FOLDER")
    found = [root] if root.is_file() else [p for p in find_inputs(root).values() if p.is_file()]
    base = root.parent if root.is_file() else root
    named = [
        (video.relative_to(base).with_suffix("").as_posix().replace("/", "_"), video, video)
        for video in found
    ]
    pairs = _named(named, root)
    return (
        [replace(pair, real=_real(pair.face, base, Path(real))) for pair in pairs]
        if real
        else pairs
    )


def _real(video: Path, base: Path, real: Path) -> Path:
    """The real video of the same name; where there is none, a path that says so when it is read."""
    if not real.is_dir():
        return real
    wanted = real / video.relative_to(base).with_suffix("")
    return next(iter(sorted(wanted.parent.glob(f"{escape(wanted.name)}.*"))), wanted)


def pairs(path: str, root: str | None = None) -> list[Pair]:
    """A CSV file with the columns face and audio, paths relative to `root` or to where one stands."""
    rows = list(csv.DictReader(_lines(Path(path))))
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise InputError(f"{path}: its first line must name the columns {', '.join(COLUMNS)}")
    base = Path(root) if root else Path()
    found = []
    for line, row in enumerate(rows, start=2):
        cells = [(row[column] or "").strip() for column in COLUMNS]
        if not all(cells):
            raise InputError(f"{path}, line {line}: a cell is empty; fill face and audio")
        face, audio = (base / cell for cell in cells)
        own = face == audio
        found.append((face.stem if own else f"{face.stem}-{audio.stem}", face, audio))
    return _named(found, Path(path))


def filelist(path: str, root: str | None, audio_first: bool = True, suffix: str = "") -> list[Pair]:
    """A published test list: two names a line below `root`, `suffix` added to both.

    LRS2, LRS3 and LRW (evaluation/test_filelists of Rudrabha/Wav2Lip): the video that the sound is
    taken from, then the face, both without .mp4. ReSyncED: the face, then the sound.
    """
    if not root:
        raise InputError(f"{path}: its names are relative; give the data set's folder with root=")
    found = []
    for number, line in enumerate(_lines(Path(path)), start=1):
        names = line.split()
        if len(names) != 2:
            raise InputError(f"{path}, line {number}: not two names, but {line.strip()[:60]!r}")
        one, other = (Path(root) / f"{name}{suffix}" for name in names)
        face, audio = (other, one) if audio_first else (one, other)
        parts = [part.relative_to(root).with_suffix("").as_posix() for part in (face, audio)]
        found.append(("-".join(parts).replace("/", "_"), face, audio))
    return _named(found, Path(path))


def manifest(path: str, root: str | None, split: str = "val") -> list[Pair]:
    """The videos of a split of a manifest that preprocess.py wrote; `root` is what it read."""
    if not root:
        raise InputError(f"{path}: names videos; give the folder that they are in with root=")
    sources = sorted({row.source for row in read_manifest(Path(path)) if row.split == split})
    if not sources:
        raise InputError(f"{path}: has no clip of split {split!r}; see its split column")
    files = [Path(root) / source for source in sources]
    return _named([(file.stem, file, file) for file in files], Path(path))
