"""Who speaks in a video, and which split it belongs to."""

import csv
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from wav2lip.errors import InputError
from wav2lip.preprocessing.inputs import VIDEO_SUFFIXES

# The parts of LRS2 and LRS3: PART/SPEAKER/NUMBER.mp4 with NUMBER.txt beside it.
PRETRAIN, TEST = "pretrain", "test"
PARTS = ("main", PRETRAIN, "trainval", TEST)
SPLIT_LISTS = {"train": "train", "val": "val", TEST: TEST, PRETRAIN: "train"}  # file -> split
log = logging.getLogger(__name__)

Splits = dict[str, tuple[str, str]]  # key of a video (see `keys_of`) -> (split, speaker or "")


def _part_of(source: str) -> str:
    parts = PurePosixPath(source).parts
    return parts[0] if len(parts) > 2 and parts[0] in PARTS else ""


def speaker_of(source: str) -> str:
    """The first folder of a path, below `main`, `pretrain`, `trainval` or `test`; the file's name without any."""
    path = PurePosixPath(source)
    parts = path.parts[1:] if _part_of(source) else path.parts
    return parts[0] if len(parts) > 1 else path.stem


def keys_of(source: str) -> list[str]:
    """How a split list may name a video: its path with or without ending, or SPEAKER/NUMBER as LRS2 does.

    `pretrain` numbers its clips anew, so there the part belongs to the key.
    """
    path = PurePosixPath(source)
    bare = path.with_suffix("") if path.suffix.lower() in VIDEO_SUFFIXES else path
    keys = [source, bare.as_posix()]
    if PRETRAIN not in path.parts[:-1]:
        keys += ["/".join(bare.parts[-2:]), path.name]
    return keys


def _read_list(path: Path, split: str) -> Splits:
    """One split as LRS2 gives it: a clip a line, perhaps with further columns."""
    known = {}
    for line in path.read_text().splitlines():
        if line.strip():
            name = line.split()[0]
            if path.stem == PRETRAIN and not name.startswith(f"{PRETRAIN}/"):
                name = f"{PRETRAIN}/{name}"
            known[name] = (split, "")
    return known


def _read_table(path: Path) -> Splits:
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if not {"file", "split"} <= set(reader.fieldnames or ()):
            raise InputError(f"{path}: needs the columns file and split (speaker if you know it)")
        return {row["file"]: (row["split"], row.get("speaker") or "") for row in reader}


def has_splits(root: Path) -> bool:
    """Whether an input says itself how it is split: lists in its folder, or a CSV with that column."""
    if root.is_dir():
        return bool(split_lists(root))
    with root.open(newline="") as file:
        return root.suffix.lower() == ".csv" and "split" in next(csv.reader(file), [])


def split_lists(folder: Path) -> list[Path]:
    """train.txt, val.txt, test.txt and pretrain.txt of a folder, as far as they are there."""
    return [path for name in SPLIT_LISTS if (path := folder / f"{name}.txt").is_file()]


def read_splits(path: Path) -> Splits:
    """Splits of a CSV (columns file, split, perhaps speaker), a list such as val.txt, or a folder of lists.

    InputError for anything else.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; splits=CSV needs columns file,split[,speaker]")
    if path.is_file() and path.suffix.lower() == ".csv":
        return _read_table(path)
    lists = split_lists(path) if path.is_dir() else [path]
    if not lists or any(each.stem not in SPLIT_LISTS for each in lists):
        names = ", ".join(f"{name}.txt" for name in SPLIT_LISTS)
        raise InputError(f"{path}: give a CSV, one of {names}, or a folder with some of them")
    known: Splits = {}
    for each in lists:
        known |= _read_list(each, SPLIT_LISTS[each.stem])
    return known


def split_by_speaker(speaker: str, val_share: float) -> str:
    """`val` for a fixed share of speakers, chosen by hash: no speaker is in both splits."""
    draw = int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return "val" if draw < val_share else "train"


def assign_splits(
    sources: Iterable[str], known: Splits, val_share: float
) -> dict[str, tuple[str, str]]:
    """Source -> (split, speaker). What is not listed follows its speaker, or else the speaker's hash.

    The part `test` of LRS3, which has no lists, is its own split.

    A warning where the lists put one speaker into two splits.
    """
    dealt = {}
    splits_of: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        unlisted = (TEST if _part_of(source) == TEST else "", "")
        split, named = next((known[key] for key in keys_of(source) if key in known), unlisted)
        speaker = named or speaker_of(source)
        dealt[source] = (split, speaker)
        if split:
            splits_of[speaker].add(split)
    torn = sorted(speaker for speaker, splits in splits_of.items() if len(splits) > 1)
    if torn:
        log.warning("%d speakers are in more than one split, %s first", len(torn), torn[0])
    for source, (split, speaker) in dealt.items():
        if not split:  # who is held out anywhere is held out everywhere
            own = sorted(splits_of[speaker], key=lambda name: name == "train")
            dealt[source] = (own[0] if own else split_by_speaker(speaker, val_share), speaker)
    return dealt
