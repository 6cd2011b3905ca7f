import pytest

from wav2lip.evaluation.ablation_table import tabulate
from wav2lip.evaluation.ablations import Run

METRICS = ["val/lower_l1", "val/sync", "val/pairwise"]


def test_few_seeds_are_listed_and_a_metric_that_nobody_has_is_left_out():
    runs = [
        Run("no_gan", 1, 10, {"val/lower_l1": 0.06}),
        Run("full", 2, 20, {"val/lower_l1": 0.04, "val/sync": 0.3}),
        Run("full", 1, 20, {"val/lower_l1": 0.03, "val/sync": 0.2}),
    ]
    table = tabulate(runs, METRICS)
    full, other = table.rows
    assert (full.name, other.name) == ("full", "no_gan")
    assert [column.key for column in table.columns] == ["val/lower_l1", "val/sync"]
    assert full.cells["val/lower_l1"].mean == pytest.approx(0.035)
    assert full.cells["val/lower_l1"].values == (0.03, 0.04)
    assert other.cells["val/sync"].clips == 0
    assert other.differences["val/lower_l1"].interval.mean == pytest.approx(0.03)  # by seed 1 alone
    assert "val/sync" not in other.differences
    assert table.best(table.columns[0]) is None  # two seeds have no interval


def test_eight_seeds_have_intervals_and_a_best_row():
    runs = []
    for seed in range(1, 11):
        runs.append(Run("full", seed, 10, {"val/lower_l1": seed / 100}))
        runs.append(Run("worse", seed, 10, {"val/lower_l1": seed / 100 + 0.01}))
    table = tabulate(runs, ["val/lower_l1"])
    interval = table.rows[0].cells["val/lower_l1"]
    assert interval.mean == pytest.approx(0.055)
    assert 0.03 < interval.low < 0.055 < interval.high < 0.08
    assert table.best(table.columns[0]) == "full"
