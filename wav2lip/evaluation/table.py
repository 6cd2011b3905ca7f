"""Results for people: a table with intervals, what was skipped, what to beware of."""

import math

from rich.console import Console
from rich.table import Table

from wav2lip.evaluation.results import LEAK, PICTURES, SYNC, Results, summarise
from wav2lip.metrics.bootstrap import Interval

WIDTH = 160  # columns where the output is no terminal

Headings = dict[str, tuple[str, int]]  # metric -> heading, digits


def cell(interval: Interval | None, digits: int) -> str:
    """Mean, and its interval below."""
    if interval is None:
        return "–"
    mean, low, high = (f"{value:.{digits}f}".replace("inf", "∞") for value in interval[:3])
    return mean if math.isnan(interval.low) else f"{mean}\n{low}…{high}"


def build_table(results: Results, metrics: Headings, title: str) -> Table | None:
    """A row a system, a column a metric, as far as any has a value; None where none has."""
    summary = summarise(results)
    shown = [metric for metric in metrics if any(metric in row for row in summary.values())]
    if not shown:
        return None
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("clips", justify="right")
    for metric in shown:
        table.add_column(metrics[metric][0], justify="right", no_wrap=True)
    for system, row in summary.items():
        if any(metric in row for metric in shown):
            cells = [cell(row.get(metric), metrics[metric][1]) for metric in shown]
            table.add_row(system, str(len(results.of(system))), *cells)
    return table


def show(results: Results, console: Console | None = None) -> None:
    """Print the tables, the warnings, the remarks and the list of what was skipped."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    titles = (
        f"judge: {results.judge['label']}",
        "pictures of the mouth",
        "leak probe: what the mouth follows, in the judge's C at 0, by the sound that it was given",
    )
    for metrics, title in zip((SYNC, PICTURES, LEAK), titles, strict=True):
        table = build_table(results, metrics, title)
        if table is not None:
            console.print(table)
    console.print(
        "mean over clips, 95 % bootstrap interval below it; offset, and fine, to parts of a frame: "
        "medians, in frames of 40 ms; "
        "sound / source: ratio of the two means, ∞ where that of the source may be 0"
    )
    for warning in results.warnings:
        console.print(f"warning: {warning}", markup=False)
    for row in results.clips:
        for remark in row.remarks:
            console.print(f"{row.clip} ({row.system}): {remark}", markup=False)
    for item in results.skipped:
        console.print(f"skipped {item.what} of {item.clip}: {item.reason}", markup=False)
