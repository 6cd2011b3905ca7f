"""Tables in the terminal: means with intervals, warnings, remarks, what was skipped."""

import math

from rich import table as rich_table
from rich.console import Console

from wav2lip.evaluation.results import Results
from wav2lip.evaluation.table import Column, Row, Table, number, span
from wav2lip.metrics.bootstrap import Interval

WIDTH = 160  # columns if the output is no terminal


def _cell(interval: Interval | None, digits: int) -> str:
    """Format a mean; below it its interval or, if there are too few speakers, the value of each."""
    if interval is None:
        return "–"
    mean = number(interval.mean, digits)
    if not math.isnan(interval.low):
        return f"{mean}\n{number(interval.low, digits)}…{number(interval.high, digits)}"
    if interval.speakers > 1 and interval.values:
        return "\n".join([mean, *(f"({number(value, digits)})" for value in interval.values)])
    return mean


def _rich_table(table: Table, title: str, columns: tuple[Column, ...]) -> rich_table.Table:
    """One row per system with a value, and below them the differences to the baseline."""
    shown = rich_table.Table(title=title, title_justify="left")
    shown.add_column("", no_wrap=True)
    for heading in (table.samples_are, table.clusters_are):
        if heading:
            shown.add_column(heading, justify="right")
    for column in columns:
        heading = f"{column.heading} {column.arrow}".strip()
        shown.add_column(heading, justify="right", no_wrap=True)

    def add(name: str, cells: dict[str, Interval]) -> None:
        cells_of_row = [cells[column.key] for column in columns if column.key in cells]
        present = [interval for interval in cells_of_row if interval.clips]
        if present:
            counts = [span(interval.clips for interval in present)]
            if table.clusters_are:
                counts.append(span(interval.speakers for interval in present))
            values = [_cell(cells.get(column.key), column.digits) for column in columns]
            shown.add_row(name, *counts, *values)

    for row in table.rows:
        add(row.name, row.cells)
    for row in table.rows:
        add(f"{row.name} − {table.baseline}", _intervals(row))
    return shown


def _intervals(row: Row) -> dict[str, Interval]:
    return {metric: difference.interval for metric, difference in row.differences.items()}


def print_results(results: Results, table: Table, console: Console | None = None) -> None:
    """Print the warnings, the tables, the notes, the remarks and the list of what was skipped."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    for warning in table.warnings:
        console.print(f"warning: {warning}", markup=False)
    console.print(f"judge: {results.judge['label']}", markup=False)
    for title, columns in table.groups().items():
        console.print(_rich_table(table, title, columns))
    for note in table.notes:
        console.print(note, markup=False)
    for row in results.clips:
        for remark in row.remarks:
            console.print(f"{row.clip} ({row.system}): {remark}", markup=False)
    for item in results.skipped:
        console.print(f"skipped {item.what} of {item.clip}: {item.reason}", markup=False)
