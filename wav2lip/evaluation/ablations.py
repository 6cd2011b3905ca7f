"""Collect the runs below a folder into one table: means over seeds with intervals or the value of each seed.

A run is a folder with curves/metrics.csv; its experiment and seed are those of its hydra/config.yaml. Its score is the
value at the validation that its best checkpoint comes from: the one with the lowest value of a chosen metric.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from wav2lip.errors import InputError
from wav2lip.metrics.bootstrap import Interval, bootstrap_mean
from wav2lip.utils.fields import Number, Text, quote
from wav2lip.utils.files import write_atomically, write_table
from wav2lip.utils.tables import read_table, read_text

CURVES = Path("curves") / "metrics.csv"
CONFIG = Path("hydra") / "config.yaml"
TABLES = ("table.csv", "table.md")
METRICS = (
    "val/lower_l1",
    "val/l1",
    "val/sync",
    "val/response",
    "val/pairwise",
    "val/offset_within_1",
)
DIGITS = 4
MAX_STEP = 10**12
LONGEST_CONFIG, DEEPEST_CONFIG = 1 << 18, 50  # characters, levels
_SEED = Number(0, 2**32 - 1, whole=True)  # of NumPy

Ablations = dict[str, dict[str, Interval]]  # experiment -> metric -> mean over seeds


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes:
        experiment: name of the experiment.
        seed: of the run.
        step: of the validation that the scores come from.
        scores: by metric.
    """

    experiment: str
    seed: int
    step: int
    scores: dict[str, float]


def _read_curves(folder: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the columns, and the cells of each row with its line."""
    columns, rows = read_table(folder / CURVES, "table of curves")
    return columns, list(rows)


def _number(folder: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError as error:
        raise InputError(
            f"{folder / CURVES}, line {line}: {name} must be a number, not {quote(cell)}; remove the line"
        ) from error
    if name == "step" and not (math.isfinite(value) and 0 <= value == int(value) <= MAX_STEP):
        raise InputError(
            f"{folder / CURVES}, line {line}: step must be a whole number, not {quote(cell)}; remove the line"
        )
    return value


def _check_yaml(text: str) -> None:
    """Refuse YAML that Hydra does not write and that can take for ever. Raises ValueError or YAMLError."""
    if len(text) > LONGEST_CONFIG:
        raise ValueError("too long")
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):  # repeats a part; a few fill the memory
            raise ValueError("it holds an alias")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_CONFIG:
            raise ValueError("too deep")


def _read_config(path: Path) -> tuple[str, int]:
    """Return experiment and seed, as they stand in the file.

    Interpolations are not resolved: another person may have written the config, and the table may be published.
    """
    try:
        text = read_text(path, "config of a run")
        _check_yaml(text)
        config: Any = yaml.safe_load(text)
        return Text().check(config["experiment_name"]), int(_SEED.check(config["seed"]))
    except (KeyError, TypeError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(
            f"{path}: states no experiment_name and seed of a run; remove its folder"
        ) from error


def read_run(folder: Path, choose: str, metrics: Sequence[str]) -> Run | None:
    """Read the scores of a run at the validation with the lowest `choose`; None if it has not validated yet."""
    experiment, seed = _read_config(folder / CONFIG)
    _, rows = _read_curves(folder)
    values = [
        (_number(folder, line, choose, row[choose]), line, row)
        for line, row in rows
        if row.get(choose)
    ]
    values = [entry for entry in values if not math.isnan(entry[0])]  # a validation that diverged
    if not values:
        return None
    _, line, best = min(values, key=lambda entry: entry[0])
    logged = {name: _number(folder, line, name, best[name]) for name in metrics if best.get(name)}
    scores = {name: value for name, value in logged.items() if math.isfinite(value)}
    return Run(experiment, seed, int(_number(folder, line, "step", best.get("step", ""))), scores)


def find_runs(root: Path) -> list[Path]:
    """Find the folders of all runs below `root`.

    Raises:
        InputError: there are none.
    """
    folders = sorted(path.parent.parent for path in root.rglob(str(CURVES)) if path.is_file())
    known = [folder for folder in folders if (folder / CONFIG).is_file()]
    if not known:
        raise InputError(f"{root}: contains no run ({CURVES}); give the folder of the runs")
    return known


def check_metrics(folders: Sequence[Path], metrics: Sequence[str]) -> None:
    """Check that some run has logged each metric.

    Raises:
        InputError: a metric is unknown; the message suggests the nearest name.
    """
    logged = {name for folder in folders for name in _read_curves(folder)[0]}
    for name in metrics:
        if name not in logged:
            near = get_close_matches(name, logged, 1)
            known = ", ".join(sorted(key for key in logged if key.startswith("val/")))
            hint = f"did you mean {near[0]}?" if near else f"known are {known}"
            raise InputError(f"no run has logged {name!r}; {hint}")


def collect(root: Path, choose: str, metrics: Sequence[str]) -> list[Run]:
    """Read all runs below `root` that have validated.

    Args:
        root: searched at any depth.
        choose: metric whose lowest value chooses the validation.
        metrics: what to read.

    Raises:
        InputError: there is no such run.
    """
    runs = [run for run in (read_run(f, choose, metrics) for f in find_runs(root)) if run]
    if not runs:
        raise InputError(f"{root}: no run has logged {choose}; give the folder of finished runs")
    return runs


def tabulate(runs: Sequence[Run], metrics: Sequence[str]) -> Ablations:
    """Compute mean and interval over the seeds by experiment, then metric; experiments sorted by name.

    A metric that no run of any experiment has is left out.
    """
    table: Ablations = {}
    present = [name for name in metrics if any(name in run.scores for run in runs)]
    for experiment in sorted({run.experiment for run in runs}):
        own = sorted(
            (run for run in runs if run.experiment == experiment), key=lambda run: run.seed
        )
        table[experiment] = {
            name: bootstrap_mean(run.scores.get(name, float("nan")) for run in own)
            for name in present
        }
    return table


def _seeds(runs: Sequence[Run], experiment: str) -> list[int]:
    return sorted(run.seed for run in runs if run.experiment == experiment)


def write_csv(path: Path, table: Ablations, runs: Sequence[Run]) -> None:
    """Write one row per experiment and metric: mean, interval or values of the seeds, seeds."""
    head: list[object] = ["experiment", "metric", "mean", "low", "high", "runs", "seeds", "values"]
    rows: list[list[object]] = [head]
    for experiment, cells in table.items():
        seeds = " ".join(map(str, _seeds(runs, experiment)))
        for name, value in cells.items():
            each = " ".join(map(str, value.values))
            rows.append([experiment, name, *value[:3], value.clips, seeds, each])
    write_table(path, rows)


def _cell(value: Interval) -> str:
    """Format a mean with its interval or, if there are too few seeds for one, the value of each seed."""
    if not value.clips:
        return ""
    mean = f"{value.mean:.{DIGITS}f}"
    if value.clips == 1:
        return mean
    if value.values:
        return f"{mean} ({', '.join(f'{seed:.{DIGITS}f}' for seed in value.values)})"
    return f"{mean} [{value.low:.{DIGITS}f}, {value.high:.{DIGITS}f}]"


def markdown(table: Ablations, runs: Sequence[Run]) -> str:
    """Format one row per experiment: mean and 95 % interval over the seeds; up to seven seeds are listed instead."""
    names = list(next(iter(table.values())))
    lines = [
        f"| experiment | seeds | {' | '.join(names)} |",
        "|" + "---|" * (len(names) + 2),
    ]
    for experiment, cells in table.items():
        seeds = ", ".join(map(str, _seeds(runs, experiment)))
        row = " | ".join(_cell(cells[name]) for name in names)
        lines.append(f"| {experiment} | {seeds} | {row} |")
    return "\n".join(lines) + "\n"


def write_tables(folder: Path, runs: Sequence[Run], metrics: Sequence[str]) -> str:
    """Write table.csv and table.md to `folder`.

    Returns:
        The Markdown table.
    """
    table = tabulate(runs, metrics)
    write_csv(folder / TABLES[0], table, runs)
    text = markdown(table, runs)
    write_atomically(folder / TABLES[1], text.encode())
    return text
