"""Tables as CSV and JSON, and all files of a table."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wav2lip.evaluation.table import Row, Table
from wav2lip.evaluation.table_text import latex, markdown
from wav2lip.metrics.bootstrap import Interval
from wav2lip.utils.files import write_atomically, write_table

SUFFIXES = (".csv", ".md", ".tex", ".json")


def plain(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not have, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def csv_number(value: float) -> str:
    """Format a value with six digits; NaN is empty."""
    return "" if math.isnan(value) else f"{value:.6g}"


def csv_rows(table: Table) -> list[list[object]]:
    """One row per system and metric: mean, interval, counts, header and warnings; differences follow."""
    facts = list(dict.fromkeys(key for row in table.rows for key in row.facts))
    clusters = [table.clusters_are] if table.clusters_are else []
    head: list[object] = [table.rows_are, "metric", "better", "mean", "low", "high"]
    head += [table.samples_are, "missing", *clusters, "values", "p"]
    head += [*facts, *table.header, "warnings"]
    rows = [head]
    columns = {column.key: column for column in table.columns}
    warnings = "; ".join(table.warnings)

    def add(name: str, key: str, interval: Interval, p: str, row: Row) -> None:
        better = columns[key].better if not p else None
        cells: list[object] = [name, key, "" if better is None else better]
        cells += [csv_number(value) for value in interval[:3]]
        cells += [interval.clips, interval.missing]
        cells += [interval.speakers] if clusters else []
        cells += [" ".join(map(csv_number, interval.values)), p]
        cells += [row.facts.get(key, "") for key in facts]
        rows.append([*cells, *table.header.values(), warnings])

    for row in table.rows:
        for key, interval in row.cells.items():
            add(row.name, key, interval, "", row)
    for row in table.rows:
        for key, difference in row.differences.items():
            name = f"{row.name} - {table.baseline}"
            add(name, key, difference.interval, csv_number(difference.p), row)
    return rows


def as_json(table: Table) -> dict[str, Any]:
    """Convert a table to plain data; NaN and infinity become None."""
    rows = [
        {
            "name": row.name,
            "control": row.control,
            "facts": row.facts,
            "cells": {key: cell._asdict() for key, cell in row.cells.items()},
            "differences": {
                key: found.interval._asdict() | {"p": found.p}
                for key, found in row.differences.items()
            },
        }
        for row in table.rows
    ]
    columns = [asdict(column) | {"best": table.best(column)} for column in table.columns]
    data: dict[str, Any] = plain(
        {
            "header": table.header,
            "warnings": table.warnings,
            "baseline": table.baseline,
            "columns": columns,
            "rows": rows,
            "notes": table.notes,
        }
    )
    return data


def write_table_files(table: Table, stem: Path) -> None:
    """Write STEM.csv, STEM.md, STEM.tex and STEM.json.

    Raises:
        OutputError: a file cannot be written.
    """
    write_table(stem.with_suffix(".csv"), csv_rows(table), "\n")
    text = json.dumps(as_json(table), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    for suffix, content in ((".md", markdown(table)), (".tex", latex(table)), (".json", text)):
        write_atomically(stem.with_suffix(suffix), content.encode("utf-8", "backslashreplace"))
