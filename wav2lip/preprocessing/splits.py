"""Speaker and split of each video."""

import hashlib
import logging
import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from pathlib import Path, PurePosixPath

from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import VIDEO_SUFFIXES, resolve_entry
from wav2lip.types import SPLITS
from wav2lip.utils.tables import read_lines, read_table

# Parts of LRS2 and LRS3: PART/SPEAKER/NUMBER.mp4, with NUMBER.txt beside it.
PRETRAIN, TEST = "pretrain", "test"
PARTS = ("main", PRETRAIN, "trainval", TEST)
SPLIT_LISTS = {"train": "train", "val": "val", TEST: TEST, PRETRAIN: "train"}  # file -> split
SPLIT_LIST = "list of splits"
SPEAKER = "speaker"
log = logging.getLogger(__name__)

Splits = dict[str, tuple[str, str]]  # key of a video (see `split_keys`) -> (split, speaker or "")


def _part_of(source: str) -> str:
    parts = PurePosixPath(source).parts
    return parts[0] if len(parts) > 2 and parts[0] in PARTS else ""


def speaker_from_path(source: str) -> str:
    """Derive the speaker from a path: its first folder below a part of LRS2 or LRS3.

    A path without a folder gives the file's name.
    """
    path = PurePosixPath(source)
    parts = path.parts[1:] if _part_of(source) else path.parts
    return parts[0] if len(parts) > 1 else path.stem


def split_keys(source: str) -> list[str]:
    """Return the names of a video in split lists: its path with or without suffix, or SPEAKER/NUMBER.

    The part `pretrain` numbers its clips from the start again, so there the part belongs to the key.
    """
    path = PurePosixPath(source)
    bare = path.with_suffix("") if path.suffix.lower() in VIDEO_SUFFIXES else path
    keys = [source, bare.as_posix()]
    if PRETRAIN not in path.parts[:-1]:
        keys += ["/".join(bare.parts[-2:]), path.name]
    return keys


def _read_list(path: Path, split: str) -> Splits:
    """Read one split in the format of LRS2: one clip per line, optionally with further columns."""
    known = {}
    for line in read_lines(path, SPLIT_LIST):
        if line:
            name = line.split()[0].replace("\\", "/")
            if path.stem == PRETRAIN and not name.startswith(f"{PRETRAIN}/"):
                name = f"{PRETRAIN}/{name}"
            known[name] = (split, "")
    return known


def _read_table(path: Path) -> Splits:
    columns, rows = read_table(path, SPLIT_LIST)
    if "file" not in columns or not {"split", SPEAKER} & set(columns):
        raise InputError(f"{path}: requires the columns file and split, speaker or both")
    known = {}
    for line, row in rows:
        split = row.get("split", "").strip()
        if split not in (*SPLITS, ""):
            raise InputError(
                f"{path}, line {line}: unknown split {split!r}; choose one of {', '.join(SPLITS)}"
            )
        known[row["file"].strip().replace("\\", "/")] = (split, row.get(SPEAKER, "").strip())
    return known


def has_splits(root: Path) -> bool:
    """Return whether an input contains its own splits or speakers: lists in the folder, or a CSV with such a column."""
    if root.is_dir():
        return bool(split_lists(root))
    if root.suffix.lower() != ".csv":
        return False
    return bool({"split", SPEAKER}.intersection(read_table(root, SPLIT_LIST)[0]))


def _whole(path: Path) -> str:
    return os.path.normpath(path.absolute())


def of_sources(known: Splits, path: Path, found: Mapping[str, Path]) -> Splits:
    """Give entries the names of the videos that they mean.

    Args:
        known: read from `path`.
        path: the list or folder of lists.
        found: path of each video by its source, see `find_inputs`.

    Returns:
        Splits by source where an entry is a path to a video, from the folder of the list; the others as they are.

    Raises:
        InputError: no entry names any of the videos.
    """
    folder = path if path.is_dir() else path.parent
    sources = {_whole(video): source for source, video in found.items()}
    named: Splits = {}
    for key, value in known.items():
        video = resolve_entry(folder, key)
        source = sources.get(_whole(video)) if video is not None else None
        named[source or posixpath.normpath(key)] = value
    keys = {key for source in found for key in split_keys(source)}
    unused = [key for key in named if key not in keys]
    if named and len(unused) == len(named):
        raise InputError(
            f"{path}: none of its {len(named)} entries, such as {unused[0]}, is a video of the input; give paths from "
            "the folder of the list, or as below the input"
        )
    if unused:
        log.info("%s: %d of %d entries are no video of the input", path, len(unused), len(named))
    return named


def split_lists(folder: Path) -> list[Path]:
    """Find train.txt, val.txt, test.txt and pretrain.txt in a folder."""
    return [path for name in SPLIT_LISTS if (path := folder / f"{name}.txt").is_file()]


def read_splits(path: Path) -> Splits:
    """Read splits.

    Args:
        path: a CSV with the columns file and split, speaker or both; a list such as val.txt; or a folder
            of such lists.

    Raises:
        InputError: `path` is none of these.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; give a CSV with the columns file,split[,speaker]")
    if path.is_file() and path.suffix.lower() == ".csv":
        return _read_table(path)
    lists = split_lists(path) if path.is_dir() else [path]
    if not lists or any(item.stem not in SPLIT_LISTS for item in lists):
        names = ", ".join(f"{name}.txt" for name in SPLIT_LISTS)
        raise InputError(
            f"{path}: not a list of splits; give a CSV, one of {names}, or a folder with some of these"
        )
    known: Splits = {}
    for item in lists:
        known |= _read_list(item, SPLIT_LISTS[item.stem])
    return known


def _position(speaker: str) -> float:
    """Return a number from 0 to 1 that depends on the name alone."""
    return int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16) / 0x1_0000_0000


def split_by_speaker(speaker: str, val_share: float) -> str:
    """Return val for a fixed share of speakers, chosen by hash, and train for the others."""
    return "val" if _position(speaker) < val_share else "train"


def _split_speakers(speakers: Iterable[str], val_share: float, used: Set[str]) -> dict[str, str]:
    """Assign a split to each speaker by hash, so that few speakers give both splits, too.

    Args:
        speakers: those whose split is free.
        val_share: share of validation. With 0 or 1 all are in one split.
        used: splits that other speakers have.

    Returns:
        Split by speaker. If neither these nor `used` have a validation split, the speaker with the lowest hash
        gets it; if none would be trained on, the one with the highest hash is. A single speaker is trained on.
    """
    ordered = sorted(set(speakers), key=_position)
    splits = {speaker: split_by_speaker(speaker, val_share) for speaker in ordered}
    if not ordered or not 0 < val_share < 1:
        return splits
    if "train" not in used and "train" not in splits.values():
        splits[ordered[-1]] = "train"
    free = len(ordered) > 1 or "train" in used
    if free and "val" not in used and "val" not in splits.values():
        splits[ordered[0]] = "val"
    return splits


def assign_splits(
    sources: Iterable[str], known: Splits, val_share: float
) -> dict[str, tuple[str, str]]:
    """Assign a split and a speaker to each video.

    A video that no list names goes to the split of its speaker: the held-out one if there are several, or the
    one given by the speaker's hash if there is none. Few speakers are split so that one validates. The part
    `test` of LRS3 is a split without a list. Logs a warning if the lists put one speaker into more than one
    split.

    Args:
        sources: paths relative to the input.
        known: splits from lists.
        val_share: share of the unlisted speakers that becomes validation.

    Returns:
        (split, speaker) by source.
    """
    assigned = {}
    splits_by_speaker: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        unlisted = (TEST if _part_of(source) == TEST else "", "")
        split, named = next((known[key] for key in split_keys(source) if key in known), unlisted)
        speaker = named or speaker_from_path(source)
        assigned[source] = (split, speaker)
        if split:
            splits_by_speaker[speaker].add(split)
    mixed = sorted(speaker for speaker, splits in splits_by_speaker.items() if len(splits) > 1)
    if mixed:
        log.warning("%d speakers are in more than one split, for example %s", len(mixed), mixed[0])
    unlisted_speakers = {
        speaker for _, speaker in assigned.values() if not splits_by_speaker[speaker]
    }
    used = {split for split, _ in assigned.values()}
    free = _split_speakers(unlisted_speakers, val_share, used)
    for source, (split, speaker) in assigned.items():
        if not split:  # a speaker held out anywhere is held out everywhere
            splits = sorted(splits_by_speaker[speaker], key=lambda name: name == "train")
            assigned[source] = (splits[0] if splits else free[speaker], speaker)
    return assigned
