"""The tables of an expert's card: accuracy by group of clips, conditions, and false certainty.

A mean is over clips; its interval resamples people.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from wav2lip.clips import ClipFile
from wav2lip.evaluation.card_conditions import CONDITIONS, SHIFTS
from wav2lip.evaluation.card_embeddings import Expert
from wav2lip.evaluation.expert_card import (
    CERTAINTY,
    CLIP_COLUMNS,
    LENGTH_COLUMNS,
    LSE_COLUMNS,
    CardClip,
    Values,
    measure,
    measured,
)
from wav2lip.evaluation.table import Column, Row, Table
from wav2lip.metrics.bootstrap import bootstrap_mean, paired_difference


def speakers(clips: Iterable[CardClip]) -> list[str]:
    """Return who speaks in each clip."""
    return [item.clip.row.speaker for item in clips]


def table_row(
    columns: Sequence[Column],
    name: str,
    values: Sequence[Values],
    people: Sequence[str],
    *,
    control: bool = False,
) -> Row:
    """Average the values of clips that a table has columns for, with intervals over people."""
    measured_keys = {key for each in values for key in each}
    keys = [column.key for column in columns if column.key in measured_keys]
    cells = {
        key: bootstrap_mean([each.get(key, math.nan) for each in values], people) for key in keys
    }
    return Row(name, cells, control=control)


def accuracy_table(clips: Sequence[CardClip], values: Sequence[Values]) -> Table:
    """Tabulate the accuracy on all clips and on each group of clips."""
    people = speakers(clips)
    columns = (*LENGTH_COLUMNS, *CLIP_COLUMNS)
    rows = [table_row(columns, "all", values, people)]
    for grouping in dict.fromkeys(key for item in clips for key in item.groups):
        for group in sorted({item.groups.get(grouping, "") for item in clips} - {""}):
            chosen = [i for i, item in enumerate(clips) if item.groups.get(grouping) == group]
            part = [values[i] for i in chosen], [people[i] for i in chosen]
            rows.append(table_row(columns, f"{grouping} {group}", *part))
    return Table(columns, tuple(rows), rows_are="clips of")


def condition_table(
    expert: Expert, clips: Sequence[CardClip], unchanged: Sequence[Values]
) -> Table:
    """Tabulate what conditions change, with paired differences to the unchanged clips."""
    people = speakers(clips)
    moved = [list(measured(expert, clips, condition)) for condition in SHIFTS.values()]
    columns = (*LENGTH_COLUMNS[:6:3], *CLIP_COLUMNS, *LSE_COLUMNS)
    keys = [column.key for column in columns]
    mean = [
        {key: float(np.mean([v[key] for v in each])) for key in keys if all(key in v for v in each)}
        for each in zip(*moved, strict=True)
    ]
    found = {"moved by 5 of 96 px": mean}
    found |= {name: list(measured(expert, clips, each)) for name, each in CONDITIONS.items()}
    rows = [table_row(columns, "unchanged", unchanged, people)]
    for name, values in found.items():
        row = table_row(columns, name, values, people)
        differences = {
            key: paired_difference(
                [v.get(key, math.nan) for v in values],
                [v.get(key, math.nan) for v in unchanged],
                people,
            )
            for key in row.cells
        }
        rows.append(replace(row, differences=differences))
    variance = shift_variance([unchanged, *moved])
    notes = [
        f"variance of {name} over the face's place and four places 5 px off: {variance[key]:.6f} (mean over clips)"
        for key, name in (("lse_d", "LSE-D"), ("lse_c", "LSE-C"))
    ]
    return Table(columns, tuple(rows), "unchanged", notes=tuple(notes), rows_are="condition")


def shift_variance(places: Sequence[Sequence[Values]]) -> Values:
    """Mean over clips of the variance of LSE over the places at which the face was cut out."""
    return {
        key: float(
            np.mean(
                [
                    np.var([v[key] for v in each])
                    for each in zip(*places, strict=True)
                    if all(key in values for values in each)
                ]
            )
        )
        for key in ("lse_d", "lse_c")
    }


def certainty_table(
    expert: Expert, clips: Sequence[CardClip], unchanged: Sequence[Values]
) -> Table:
    """Tabulate how often an offset is called certain that does not exist: dubbed and silent clips."""
    people = speakers(clips)
    sounds = [ClipFile(item.clip.path).pcm() for item in clips]
    dubbed, silent = [], []
    for index, item in enumerate(clips):
        file = ClipFile(item.clip.path)
        others = [s for s, who in zip(sounds, people, strict=True) if who != people[index]]
        if others:
            other = np.resize(others[index % len(others)], len(sounds[index]))
            dubbed.append(measure(expert, file, pcm=other))
        silent.append(measure(expert, file, pcm=np.zeros_like(sounds[index])))
    rows = [table_row(CERTAINTY, "own sound", unchanged, people)]
    if dubbed:  # of one speaker alone there is no other sound
        name = "sound of another speaker"
        rows.append(table_row(CERTAINTY, name, dubbed, people, control=True))
    rows.append(table_row(CERTAINTY, "silence", silent, people, control=True))
    return Table(CERTAINTY, tuple(rows), rows_are="sound")


def make_card(
    expert: Expert, clips: Sequence[CardClip], *, quick: bool = False
) -> dict[str, Table]:
    """Measure an expert on clips.

    Args:
        expert: the expert.
        clips: clips of people that it was not trained on.
        quick: accuracy alone, a tenth of the time.

    Returns:
        Name -> table: accuracy, conditions and certainty.
    """
    values = list(measured(expert, clips))
    tables = {"accuracy": accuracy_table(clips, values)}
    if not quick:
        tables["conditions"] = condition_table(expert, clips, values)
        tables["certainty"] = certainty_table(expert, clips, values)
    return tables
