"""Runs of several experiments and seeds to one table, with confidence intervals.

    python -m wav2lip.evaluation.ablations runs/ablation
    python -m wav2lip.evaluation.ablations runs/ablation --metric val/lower_l1 val/sync --output runs/ablation

Writes table.csv and table.md. A run is a folder with curves/metrics.csv; its experiment and seed are what
its config says (hydra/config.yaml). A run's score is its value at the validation that its best checkpoint
comes from: the one with the lowest `--choose`.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import OmegaConf

from wav2lip.errors import InputError, exit_on_input_error
from wav2lip.metrics.bootstrap import Interval, bootstrap_mean

CURVES = Path("curves") / "metrics.csv"
CONFIG = Path("hydra") / "config.yaml"
METRICS = (
    "val/lower_l1",
    "val/l1",
    "val/sync",
    "val/response",
    "val/pairwise",
    "val/offset_within_1",
)
DIGITS = 4


@dataclass(frozen=True)
class Run:
    """One finished run: what it tried, with which seed, and its scores by name."""

    experiment: str
    seed: int
    step: int  # of the validation that the scores are from
    scores: dict[str, float]


def read_run(folder: Path, choose: str, metrics: Sequence[str]) -> Run | None:
    """Scores at the validation with the lowest `choose`; None where the run has not validated yet."""
    config = OmegaConf.load(folder / CONFIG)
    with (folder / CURVES).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get(choose)]
    if not rows:
        return None
    best = min(rows, key=lambda row: float(row[choose]))
    scores = {name: float(best[name]) for name in metrics if best.get(name)}
    return Run(str(config.experiment_name), int(config.seed), int(best["step"]), scores)


def collect(root: Path, choose: str, metrics: Sequence[str]) -> list[Run]:
    """All runs below `root` that have validated; InputError where there is none."""
    folders = sorted(path.parent.parent for path in root.rglob(str(CURVES)))
    known = [folder for folder in folders if (folder / CONFIG).is_file()]
    runs = [run for run in (read_run(folder, choose, metrics) for folder in known) if run]
    if not runs:
        raise InputError(f"{root}: no run that has logged {choose}; give the folder of the runs")
    return runs


def tabulate(runs: Sequence[Run], metrics: Sequence[str]) -> dict[str, dict[str, Interval]]:
    """Mean and interval over the seeds, by experiment, then metric; experiments in order of their names.

    A metric that no run of any experiment has is left out.
    """
    table: dict[str, dict[str, Interval]] = {}
    present = [name for name in metrics if any(name in run.scores for run in runs)]
    for experiment in sorted({run.experiment for run in runs}):
        own = [run for run in runs if run.experiment == experiment]
        table[experiment] = {
            name: bootstrap_mean(run.scores.get(name, float("nan")) for run in own)
            for name in present
        }
    return table


def _seeds(runs: Sequence[Run], experiment: str) -> list[int]:
    return sorted(run.seed for run in runs if run.experiment == experiment)


def write_csv(path: Path, table: dict[str, dict[str, Interval]], runs: Sequence[Run]) -> None:
    """One row an experiment and metric: mean, low, high, seeds."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["experiment", "metric", "mean", "low", "high", "runs", "seeds"])
        for experiment, cells in table.items():
            seeds = " ".join(map(str, _seeds(runs, experiment)))
            for name, value in cells.items():
                row = [value.mean, value.low, value.high, value.clips]
                writer.writerow([experiment, name, *row, seeds])


def _cell(value: Interval) -> str:
    if not value.clips:
        return ""
    if value.clips == 1:
        return f"{value.mean:.{DIGITS}f}"
    return f"{value.mean:.{DIGITS}f} [{value.low:.{DIGITS}f}, {value.high:.{DIGITS}f}]"


def markdown(table: dict[str, dict[str, Interval]], runs: Sequence[Run]) -> str:
    """One row an experiment, mean and 95 % interval over the seeds; one seed has no interval."""
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


@exit_on_input_error
def main() -> None:
    """Collect the runs below a folder into table.csv and table.md."""
    parser = argparse.ArgumentParser(
        prog="python -m wav2lip.evaluation.ablations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", type=Path, help="folder of runs, searched to any depth")
    parser.add_argument("--metric", nargs="+", default=list(METRICS), help="columns")
    parser.add_argument("--choose", default="val/loss", help="lowest value chooses the step")
    parser.add_argument(
        "--output", type=Path, help="folder of the tables; default: that of the runs"
    )
    args = parser.parse_args()
    runs = collect(args.runs, args.choose, args.metric)
    table = tabulate(runs, args.metric)
    output = args.output or args.runs
    output.mkdir(parents=True, exist_ok=True)
    write_csv(output / "table.csv", table, runs)
    text = markdown(table, runs)
    (output / "table.md").write_text(text)
    print(text)
    print(f"{output / 'table.csv'} and {output / 'table.md'}")


if __name__ == "__main__":
    main()
