"""Results in the terminal: tables with intervals, warnings, remarks, what was skipped."""

import math

from rich.console import Console
from rich.table import Table

from wav2lip.evaluation.results import LEAK, PICTURES, SYNC, Results, Summary
from wav2lip.metrics.bootstrap import Interval

WIDTH = 160  # columns if the output is no terminal

Headings = dict[str, tuple[str, int]]  # metric -> heading, digits


def cell(interval: Interval | None, digits: int) -> str:
    """Format a mean, and its interval on a second line."""
    if interval is None:
        return "–"
    mean, low, high = (f"{value:.{digits}f}".replace("inf", "∞") for value in interval[:3])
    return mean if math.isnan(interval.low) else f"{mean}\n{low}…{high}"


def build_table(results: Results, summary: Summary, metrics: Headings, title: str) -> Table | None:
    """Build a table with one row per system and one column per metric that has a value; None without any."""
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


def print_results(results: Results, summary: Summary, console: Console | None = None) -> None:
    """Print the tables, the warnings, the remarks and the list of what was skipped."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    titles = (
        f"judge: {results.judge['label']}",
        "image metrics of the mouth",
        "leak probe: agreement of the mouth with a sound (C at 0), by the sound that was given",
    )
    for metrics, title in zip((SYNC, PICTURES, LEAK), titles, strict=True):
        table = build_table(results, summary, metrics, title)
        if table is not None:
            console.print(table)
    console.print(
        "mean over clips, 95 % bootstrap interval below it; AV offset and fine: medians, in frames of 40 ms, "
        "positive if the sound comes early; sound / source: ratio of the two means, ∞ if that of the source "
        "may be 0"
    )
    for warning in results.warnings:
        console.print(f"warning: {warning}", markup=False)
    for row in results.clips:
        for remark in row.remarks:
            console.print(f"{row.clip} ({row.system}): {remark}", markup=False)
    for item in results.skipped:
        console.print(f"skipped {item.what} of {item.clip}: {item.reason}", markup=False)
