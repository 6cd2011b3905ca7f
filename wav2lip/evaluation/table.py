"""Results in the terminal: tables with intervals, warnings, remarks, what was skipped."""

import math
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from wav2lip.evaluation.results import GROUPS, LEAK, METRICS, SYNC, Metric, Results
from wav2lip.evaluation.summary import DIFFERENCE, Summary
from wav2lip.metrics.bootstrap import MIN_SPEAKERS, Interval

WIDTH = 160  # columns if the output is no terminal


def cell(interval: Interval | None, digits: int) -> str:
    """Format a mean; below it its interval or, if there are too few speakers, the value of each."""
    if interval is None:
        return "–"

    def number(value: float) -> str:
        return f"{value:.{digits}f}".replace("inf", "∞")

    mean = number(interval.mean)
    if not math.isnan(interval.low):
        return f"{mean}\n{number(interval.low)}…{number(interval.high)}"
    if interval.speakers > 1 and interval.values:
        return "\n".join([mean, *(f"({number(value)})" for value in interval.values)])
    return mean


def build_table(
    results: Results, summary: Summary, metrics: dict[str, Metric], title: str
) -> Table | None:
    """Build a table with one row per system and one column per metric that has a value; None without any."""
    means = summary.means
    shown = [metric for metric in metrics if any(metric in row for row in means.values())]
    if not shown:
        return None
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    table.add_column("clips", justify="right")
    table.add_column("speakers", justify="right")
    for metric in shown:
        table.add_column(metrics[metric].heading, justify="right", no_wrap=True)
    differences = {metric: found.interval for metric, found in summary.differences.items()}
    for system, row in [*means.items(), (DIFFERENCE, differences)]:
        present = [row[metric] for metric in shown if metric in row]
        if present:
            cells = [cell(row.get(metric), metrics[metric].digits) for metric in shown]
            table.add_row(
                system,
                _range(i.clips for i in present),
                _range(i.speakers for i in present),
                *cells,
            )
    return table


def _range(counts: Iterable[int]) -> str:
    """Format counts that may differ from metric to metric."""
    known = list(counts)
    low, high = min(known), max(known)
    return str(low) if low == high else f"{low}-{high}"


def print_results(results: Results, summary: Summary, console: Console | None = None) -> None:
    """Print the tables, the warnings, the remarks and the list of what was skipped."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    legend = (
        "mean over the clips that every row has; below it the 95 % bootstrap interval over speakers or, with "
        f"fewer than {MIN_SPEAKERS}, the value of each speaker; AV offset and fine: medians, in frames of 40 ms, "
        "positive if the sound comes early"
    )
    for group, metrics in GROUPS.items():
        title = f"judge: {results.judge['label']}" if metrics is SYNC else group
        table = build_table(results, summary, metrics, title)
        if table is not None:
            console.print(table)
            if metrics is LEAK:
                legend += (
                    "; swapped / source: ratio of the two means, ∞ if that of the source may be 0"
                )
    console.print(legend)
    for clip, names in summary.left_out_by_clip().items():
        headings = ", ".join(METRICS[name].heading for name in names)
        console.print(
            f"left out of {headings}: {clip}, which some row has no value for", markup=False
        )
    for warning in results.warnings:
        console.print(f"warning: {warning}", markup=False)
    for row in results.clips:
        for remark in row.remarks:
            console.print(f"{row.clip} ({row.system}): {remark}", markup=False)
    for item in results.skipped:
        console.print(f"skipped {item.what} of {item.clip}: {item.reason}", markup=False)
