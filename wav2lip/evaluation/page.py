"""The HTML page of an evaluation: one file with table, plots and clips, worst first, that requests nothing."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError
from wav2lip.evaluation.mouth_plots import mouth_plot
from wav2lip.evaluation.pairs import Pair
from wav2lip.evaluation.result_table import CONTROLS, JUDGED
from wav2lip.evaluation.results import METRICS, ClipScores, Results
from wav2lip.evaluation.summary import pair_name
from wav2lip.evaluation.systems import GENERATED, REAL, VIDEO
from wav2lip.evaluation.table import Column, Table, number, span, uncertainty
from wav2lip.evaluation.thumbnails import strip
from wav2lip.utils.files import write_atomically
from wav2lip.utils.html import render_page
from wav2lip.utils.text import printable

NAME = "index.html"
TEMPLATE = "page.html"
WORST_BY = "lse_c_at_0"  # what a viewer experiences, as no search over shifts excuses an offset
MAX_STRIPS = (
    200  # clips with pictures, so that a page of thousands still opens; the worst have them
)

Videos = Mapping[str, Mapping[str, Path]]  # pair -> system -> its video


@dataclass(frozen=True)
class _Cell:
    mean: str
    below: str = ""
    best: bool = False


@dataclass(frozen=True)
class _Row:
    name: str
    cells: list[_Cell]
    difference: bool = False


def _part(table: Table, columns: Sequence[Column]) -> tuple[list[str], list[_Row]]:
    """Headings and rows of one part of the table."""
    heads = ["", table.samples_are, *([table.clusters_are] if table.clusters_are else [])]
    heads += [f"{column.heading} {column.arrow}".strip() for column in columns]
    best = {column.key: table.best(column) for column in columns}
    rows, differences = [], []
    for row in table.rows:
        present = [row.cells[c.key] for c in columns if c.key in row.cells]
        if present:
            cells = [_Cell(span(interval.clips for interval in present))]
            if table.clusters_are:
                cells.append(_Cell(span(interval.speakers for interval in present)))
            for column in columns:
                cell = row.cells.get(column.key)
                if cell is None:
                    cells.append(_Cell("–"))
                    continue
                mean, below = number(cell.mean, column.digits), uncertainty(cell, column.digits)
                cells.append(_Cell(mean, below, best[column.key] == row.name))
            rows.append(_Row(row.name, cells))
        changed = [row.differences.get(column.key) for column in columns]
        if any(changed):
            cells = [_Cell("")] * (len(heads) - 1 - len(columns))
            for column, found in zip(columns, changed, strict=True):
                if found is None:
                    cells.append(_Cell(""))
                    continue
                below = f"{uncertainty(found.interval, column.digits)}\np = {found.p:.2g}"
                cells.append(_Cell(number(found.interval.mean, column.digits), below.strip()))
            differences.append(_Row(f"{row.name} − {table.baseline}", cells, difference=True))
    return heads, rows + differences


def videos_of(pairs: Sequence[Pair], folder: Path, generated: bool) -> dict[str, dict[str, Path]]:
    """Find the videos to show of each pair.

    Args:
        pairs: what was evaluated.
        folder: output folder. Generated videos are in its subfolder `videos`, those of further systems in
            folders there that have their names.
        generated: whether a generator made them.

    Returns:
        Name of a pair -> system -> video.
    """
    made = folder / "videos"
    systems = {GENERATED: made}
    if generated and made.is_dir():
        folders = sorted(path for path in made.iterdir() if path.is_dir())
        systems |= {path.name.replace("_", " "): path for path in folders}
    found: dict[str, dict[str, Path]] = {}
    for pair in pairs:
        shown = {system: path / f"{pair.name}.mp4" for system, path in systems.items()}
        of_pair = {k: path for k, path in shown.items() if path.is_file()} if generated else {}
        source = pair.face if generated else pair.real
        if not generated:
            of_pair[VIDEO] = pair.face
        found[pair.name] = of_pair | ({REAL: source} if source else {})
    return found


def _badness(rows: Sequence[ClipScores]) -> float:
    """Sorts the worst clips first: the mean of `WORST_BY` over the judged videos; unknown ones come first."""
    values = [row.values.get(WORST_BY, math.nan) for row in rows if row.system in JUDGED]
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else -math.inf


def _strips(videos: Mapping[str, Path]) -> list[dict[str, str]]:
    """A strip of thumbnails for each video of a clip, or the reason why it is missing."""
    found = []
    for system, path in videos.items():
        data, reason = "", ""
        try:
            data = base64.b64encode(strip(path)).decode()
        except (InputError, OSError, ValueError) as error:
            reason = " ".join(str(error).split())
        found.append({"label": system, "data": data, "reason": reason})
    return found


def _mouth(rows: Sequence[ClipScores]) -> str:
    """The plot of the mouth over time; "" without meshes."""
    data = mouth_plot(rows)
    return "" if data is None else base64.b64encode(data).decode()


def _clips(results: Results, videos: Videos) -> list[dict[str, Any]]:
    """Name, plot, strips, values and remarks of every clip, worst first."""
    by_clip: dict[str, list[ClipScores]] = {}
    for row in results.clips:
        by_clip.setdefault(row.clip, []).append(row)
    found: list[dict[str, Any]] = []
    for name in sorted(by_clip, key=lambda clip: (_badness(by_clip[clip]), clip)):
        rows = by_clip[name]
        # A face track is the clip PAIR#NUMBER.
        pair = name if name in videos else pair_name(name)
        shown = [m for m in METRICS if any(m in row.values for row in rows)]
        found.append(
            {
                "name": name,
                "plot": _mouth(rows) if len(found) < MAX_STRIPS else "",
                "strips": _strips(videos.get(pair, {})) if len(found) < MAX_STRIPS else [],
                "heads": [METRICS[metric].heading for metric in shown],
                "rows": [
                    {
                        "name": row.system,
                        "cells": [
                            number(row.values.get(metric, math.nan), METRICS[metric].digits)
                            for metric in shown
                        ],
                    }
                    for row in rows
                    if row.system not in CONTROLS
                ],
                "remarks": [remark for row in rows for remark in row.remarks],
            }
        )
    return found


def page(results: Results, table: Table, plots: Mapping[str, bytes], videos: Videos) -> str:
    """Build the page; every text is escaped, as names come from files.

    Args:
        results: all scores.
        table: of the means.
        plots: name -> PNG.
        videos: pair -> system -> video, for the thumbnails.
    """
    parts = [(title, *_part(table, columns)) for title, columns in table.groups().items()]
    return render_page(
        __package__,
        TEMPLATE,
        table=table,
        parts=parts,
        plots=[(name, base64.b64encode(data).decode()) for name, data in plots.items()],
        clips=_clips(results, videos),
        order=METRICS[WORST_BY].heading,
        skipped=results.skipped,
    )


def write_page(
    results: Results, table: Table, plots: Mapping[str, bytes], videos: Videos, folder: Path
) -> None:
    """Write index.html.

    Raises:
        OutputError: it cannot be written.
    """
    text = printable(page(results, table, plots, videos))
    write_atomically(folder / NAME, text.encode("utf-8"))
