import math

import pytest

from wav2lip.evaluation.table import Column, Row, Table, number, span, uncertainty
from wav2lip.metrics.bootstrap import Difference, Interval

NAN = math.nan


def interval(mean, low=NAN, high=NAN, values=()):
    return Interval(mean, low, high, 9, 0, 9, values)


def table_of(better, ours, low, high, third=None):
    """A baseline of 2.0, ours with the interval of its difference, and a control that is best."""
    rows = [
        Row("real", {"m": interval(2.0)}),
        Row("ours", {"m": interval(ours)}, {"m": Difference(interval(ours - 2, low, high), 0.01)}),
        Row("control", {"m": interval(0.0 if better == "lower" else 99.0)}, control=True),
    ]
    rows += [third] if third else []
    return Table((Column("m", "M", 2, better),), tuple(rows), "real")


@pytest.mark.parametrize(
    ("better", "ours", "low", "high", "best"),
    [
        ("lower", 1.0, -1.5, -0.5, "ours"),
        ("lower", 1.0, -2.5, 0.5, None),  # may be chance
        ("lower", 3.0, 0.5, 1.5, "real"),
        ("lower", 3.0, -0.5, 2.5, None),
        ("higher", 3.0, 0.5, 1.5, "ours"),
        (0.0, -1.0, -3.5, -2.5, "ours"),
        (1.0, 3.0, 0.5, 1.5, "real"),
        (None, 1.0, -1.5, -0.5, None),
        ("lower", 1.0, NAN, NAN, None),  # too few speakers for an interval
    ],
)
def test_the_best_row_is_better_beyond_chance(better, ours, low, high, best):
    table = table_of(better, ours, low, high)
    assert table.best(table.columns[0]) == best


def test_the_baseline_is_best_only_if_it_beats_every_row():
    third = Row("third", {"m": interval(2.1)}, {"m": Difference(interval(0.1, -0.1, 0.3), 0.3)})
    table = table_of("lower", 3.0, 0.5, 1.5, third)
    assert table.best(table.columns[0]) is None


def test_arrows_point_to_better_values():
    arrows = [Column("m", "M", 2, better).arrow for better in ("lower", "higher", 0.0, 1.0, None)]
    assert arrows == ["↓", "↑", "→0", "→1", ""]


def test_numbers():
    assert [number(v, 2) for v in (1.234, -0.5, math.inf, NAN)] == ["1.23", "−0.50", "∞", "–"]
    assert uncertainty(interval(1.0, 0.5, 1.5), 1) == "[0.5, 1.5]"
    assert uncertainty(interval(1.0, values=(0.0, 2.0)), 1) == "(0.0, 2.0)"
    assert uncertainty(interval(1.0, values=(1.0,)), 1) == ""
    assert [span(counts) for counts in ((8, 8), (6, 8), ())] == ["8", "6-8", ""]
