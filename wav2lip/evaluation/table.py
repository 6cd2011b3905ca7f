"""A table of means with intervals, in the form that every writer takes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from wav2lip.evaluation.results import Better
from wav2lip.metrics.bootstrap import Difference, Interval


@dataclass(frozen=True)
class Column:
    """One metric.

    Attributes:
        key: name of the metric.
        heading: what readers see.
        digits: after the decimal point.
        better: direction of better values, or the value of a perfect result; None: neither.
        group: title of the part of the table that the column belongs to.
    """

    key: str
    heading: str
    digits: int
    better: Better = None
    group: str = ""

    @property
    def arrow(self) -> str:
        """↓ or ↑ towards better values, → and the value of a perfect result, or nothing."""
        if self.better is None:
            return ""
        if isinstance(self.better, str):
            return "↓" if self.better == "lower" else "↑"
        return f"→{self.better:g}"

    def loss(self, value: float) -> float:
        """A number that is lower for a better value."""
        if isinstance(self.better, str):
            return value if self.better == "lower" else -value
        return abs(value - (self.better or 0.0))


@dataclass(frozen=True)
class Row:
    """One system or experiment.

    Attributes:
        name: of it.
        cells: metric -> mean; a metric without a value is left out.
        differences: metric -> paired difference to the baseline on the same clips.
        facts: further columns, such as the seeds of an experiment.
        control: a control is no competitor and is never the best.
    """

    name: str
    cells: dict[str, Interval]
    differences: dict[str, Difference] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    control: bool = False


@dataclass(frozen=True)
class Table:
    """Rows over the same clips.

    Attributes:
        columns: the metrics.
        rows: the systems.
        baseline: name of the row that differences are to; "": there are none.
        header: what the numbers depend on, such as the judge; printed with the table and in every row of the CSV.
        warnings: what makes numbers wrong or incomparable; printed above the table and in every row of the CSV.
        notes: printed below the table.
        rows_are: what a row is, "system" or "experiment".
        samples_are: what a mean is over, "clips" or "runs".
        clusters_are: what is resampled, "speakers"; "": the samples.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    baseline: str = ""
    header: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows_are: str = "system"
    samples_are: str = "clips"
    clusters_are: str = "speakers"

    def groups(self) -> dict[str, tuple[Column, ...]]:
        """Title -> the columns of this part that have a value, in the order of the columns."""
        found: dict[str, tuple[Column, ...]] = {}
        for column in self.columns:
            if any(column.key in row.cells for row in self.rows):
                found[column.group] = (*found.get(column.group, ()), column)
        return found

    def best(self, column: Column) -> str | None:
        """Name of the best row of a metric if it is better beyond chance, else None.

        The best row counts if the interval of its paired difference to the baseline excludes 0. If the
        baseline itself is best, the intervals of all other rows must exclude 0. Controls do not count.
        """
        rows = [row for row in self.rows if not row.control and column.key in row.cells]
        rows = [row for row in rows if not math.isnan(row.cells[column.key].mean)]
        if column.better is None or len(rows) < 2 or self.baseline not in {r.name for r in rows}:
            return None
        winner = min(rows, key=lambda row: column.loss(row.cells[column.key].mean))
        compared = [row for row in rows if row.name != self.baseline]
        if winner.name != self.baseline:
            compared = [winner]
        return winner.name if all(_excludes_zero(row, column.key) for row in compared) else None


def _excludes_zero(row: Row, metric: str) -> bool:
    difference = row.differences.get(metric)
    if difference is None:
        return False
    low, high = difference.interval.low, difference.interval.high
    return low > 0 or high < 0  # False for the NaN of too few speakers


def number(value: float, digits: int) -> str:
    """Format a value: a dash if it is unknown, a real minus sign, ∞."""
    if math.isnan(value):
        return "–"
    return f"{value:.{digits}f}".replace("inf", "∞").replace("-", "−")


def uncertainty(interval: Interval, digits: int) -> str:
    """Format the interval of a mean or, if there are too few speakers, the value of each; "" for one sample."""
    if not math.isnan(interval.low):
        return f"[{number(interval.low, digits)}, {number(interval.high, digits)}]"
    if len(interval.values) > 1:
        return f"({', '.join(number(value, digits) for value in interval.values)})"
    return ""


def span(counts: Iterable[int]) -> str:
    """Format counts that may differ from metric to metric: "8" or "6-8"."""
    known = list(counts)
    if not known:
        return ""
    low, high = min(known), max(known)
    return str(low) if low == high else f"{low}-{high}"
