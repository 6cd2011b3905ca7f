"""Protocols: which videos a generator makes of each clip, and with which sound."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np

from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import COLUMNS, SPEAKER, Pair
from wav2lip.evaluation.systems import (
    FIRST_FRAME,
    FIRST_FRAME_OTHER,
    GENERATED,
    OTHER_AUDIO,
    SILENCE,
)
from wav2lip.utils.files import write_table

LEAK_PROBE = "leak"
SYNC_CHECK = "sync_check"  # the videos as they are, without a generator
DRAWS = (
    50  # orders of the clips that are drawn, to find one in which neighbours are different people
)
CROSS_LIST = "cross.csv"


@dataclass(frozen=True)
class Protocol:
    """One video per clip.

    Attributes:
        system: name of its row in the tables.
        sound: what the generator gets: the sound that the list names, the face's own, another clip's, or silence.
        first_frame: whether the generator sees the first frame alone.
    """

    system: str
    sound: Literal["listed", "own", "other", "silence"]
    first_frame: bool = False


LISTED = Protocol(GENERATED, "listed")
PROTOCOLS = {
    "listed": LISTED,
    "reconstruction": Protocol(GENERATED, "own"),
    "still": Protocol(FIRST_FRAME, "own", first_frame=True),
    "still_cross": Protocol(FIRST_FRAME_OTHER, "other", first_frame=True),
    "cross": Protocol(OTHER_AUDIO, "other"),
    "silence": Protocol(SILENCE, "silence"),
}
NAMES = (*PROTOCOLS, LEAK_PROBE, SYNC_CHECK)
GENERATED_BY_DEFAULT = ("listed", LEAK_PROBE)


def protocol_names(given: object, *, generates: bool) -> list[str]:
    """Look up the names of protocols.

    Args:
        given: the setting: one of `NAMES` or a list of them; None: the usual ones.
        generates: whether there is a generator.

    Raises:
        InputError: not a name or a list of names, no name, an unknown one, two that fill one row, or one that the
            generator does not fit.
    """
    if given is None:
        return list(GENERATED_BY_DEFAULT) if generates else [SYNC_CHECK]
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(
            f"protocol: {given!r} is not a name or a list of names; choose from {', '.join(NAMES)}"
        )
    for name in names:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(NAMES)}"
            raise InputError(f"protocol: unknown {name!r}; {hint}")
    if not names:
        raise InputError(f"protocol: names none; choose from {', '.join(NAMES)}")
    if {"listed", "reconstruction"} <= set(names):
        raise InputError(
            "protocol: listed and reconstruction fill the same row; choose one of them"
        )
    made = [name for name in names if name != SYNC_CHECK]
    if made and not generates:
        raise InputError(
            f"protocol {made[0]}: a generator makes its videos; give its checkpoint, or leave protocol out "
            "to score the videos as they are"
        )
    if SYNC_CHECK in names and generates:
        raise InputError(
            f"protocol {SYNC_CHECK}: scores videos as they are; leave the checkpoint out, or choose another protocol"
        )
    return names


def choose_protocols(names: Iterable[str]) -> tuple[list[Protocol], bool]:
    """Look protocols up by name.

    Args:
        names: from `protocol_names`, in any order; one that is given twice counts once.

    Returns:
        The protocols in the order of the tables, and whether to run the leak probe. The probe's values stand in the
        row of the generated videos, so it brings `listed` along if nothing else makes them, and `silence`, whose
        videos it judges, too.
    """
    given = set(names)
    leak = LEAK_PROBE in given
    if leak:
        given |= {"silence"} | (set() if "reconstruction" in given else {"listed"})
    return [protocol for name, protocol in PROTOCOLS.items() if name in given], leak


def _same_person(pairs: Sequence[Pair], others: Sequence[int]) -> int:
    """Number of clips whose other clip shows the same person or has the same sound."""
    count = 0
    for first, other in zip(pairs, others, strict=True):
        second = pairs[other]
        same = bool(first.speaker) and first.speaker == second.speaker
        count += same or second.audio in (first.face, first.audio)
    return count


def _random_cycle(pairs: Sequence[Pair], rng: np.random.Generator) -> list[int]:
    """Give each clip the number of the next one in a random order."""
    order = rng.permutation(len(pairs))
    others = np.empty(len(pairs), np.int64)
    others[order] = np.roll(order, -1)
    return [int(other) for other in others]


def _shifted_groups(pairs: Sequence[Pair], rng: np.random.Generator) -> list[int]:
    """Give each clip another speaker's, if no speaker has more than half of the clips.

    In an order by speakers the clip that follows at the distance of the largest group is not of the same one.
    """
    order = rng.permutation(len(pairs)).tolist()
    order.sort(key=lambda number: pairs[number].speaker or pairs[number].name)
    groups = Counter(pair.speaker or pair.name for pair in pairs)
    others = np.empty(len(pairs), np.int64)
    others[order] = np.roll(order, -max(groups.values()))
    return [int(other) for other in others]


def draw_sounds(pairs: Sequence[Pair], seed: int) -> dict[str, Pair]:
    """Draw another clip's sound for every clip; each sound is used once.

    Args:
        pairs: the clips, with different names.
        seed: of the draw.

    Returns:
        Name of a clip -> the clip whose sound it gets. Clips of different speakers are paired as far as possible.

    Raises:
        InputError: fewer than two clips, or all of them have the same sound.
    """
    if len({pair.audio for pair in pairs}) < 2:
        raise InputError(
            "protocol cross exchanges the sounds of clips; give two clips with different sounds or more"
        )
    rng = np.random.default_rng(seed)
    draws = [_random_cycle(pairs, rng) for _ in range(DRAWS)]
    best = min(
        [*draws, _shifted_groups(pairs, rng)], key=lambda others: _same_person(pairs, others)
    )
    return {pair.name: pairs[other] for pair, other in zip(pairs, best, strict=True)}


def write_cross_list(pairs: Sequence[Pair], sounds: dict[str, Pair], folder: Path) -> None:
    """Write who gets whose sound to cross.csv, a list of pairs.

    Raises:
        InputError: the folder cannot be written.
    """
    rows = [[pair.face, sounds[pair.name].audio, pair.speaker] for pair in pairs]
    write_table(folder / CROSS_LIST, [[*COLUMNS, SPEAKER], *rows])
