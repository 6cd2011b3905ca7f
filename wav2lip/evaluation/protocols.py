"""Protocols: which videos a generator makes of each clip, and with which sound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import numpy as np

from wav2lip.errors import InputError
from wav2lip.evaluation.pairs import COLUMNS, SPEAKER, Pair
from wav2lip.evaluation.results import (
    FIRST_FRAME,
    FIRST_FRAME_OTHER,
    GENERATED,
    OTHER_SOUND,
    SILENCE,
)
from wav2lip.utils.files import write_table

LEAK_PROBE = "leak"
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
    "cross": Protocol(OTHER_SOUND, "other"),
    "silence": Protocol(SILENCE, "silence"),
}
NAMES = (*PROTOCOLS, LEAK_PROBE)


def choose_protocols(names: Iterable[str]) -> tuple[list[Protocol], bool]:
    """Look protocols up by name.

    Args:
        names: some of `NAMES`, in any order; one that is given twice counts once.

    Returns:
        The protocols in the order of the tables, and whether to run the leak probe. The probe's values stand in the
        row of the generated videos, so it brings `listed` along if nothing else makes them, and `silence`, whose
        videos it judges, too.

    Raises:
        InputError: no name, an unknown one, or two that fill one row.
    """
    given = set(names)
    for name in sorted(given - set(NAMES)):
        near = get_close_matches(name, NAMES, 1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(NAMES)}"
        raise InputError(f"protocol: unknown {name!r}; {hint}")
    if not given:
        raise InputError(f"protocol: names none; choose from {', '.join(NAMES)}")
    if {"listed", "reconstruction"} <= given:
        raise InputError(
            "protocol: listed and reconstruction fill the same row; choose one of them"
        )
    leak = LEAK_PROBE in given
    if leak:
        given |= {"silence"} | (set() if "reconstruction" in given else {"listed"})
    return [protocol for name, protocol in PROTOCOLS.items() if name in given], leak


def _same_person(pairs: Sequence[Pair], order: Sequence[int]) -> int:
    """Number of clips whose successor in a cyclic order shows the same person or has the same sound."""
    count = 0
    for one, other in zip(order, np.roll(order, -1), strict=True):
        first, second = pairs[one], pairs[other]
        same = bool(first.speaker) and first.speaker == second.speaker
        count += same or second.audio in (first.face, first.audio)
    return count


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
    orders = [rng.permutation(len(pairs)).tolist() for _ in range(DRAWS)]
    best = min(orders, key=lambda order: _same_person(pairs, order))
    following = [*best[1:], best[0]]
    return {pairs[one].name: pairs[other] for one, other in zip(best, following, strict=True)}


def write_cross_list(pairs: Sequence[Pair], sounds: dict[str, Pair], folder: Path) -> None:
    """Write who gets whose sound to cross.csv, a list of pairs.

    Raises:
        InputError: the folder cannot be written.
    """
    rows = [[pair.face, sounds[pair.name].audio, pair.speaker] for pair in pairs]
    write_table(folder / CROSS_LIST, [[*COLUMNS, SPEAKER], *rows])
