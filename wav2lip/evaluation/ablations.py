"""Collect the scores of the runs below a folder.

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
from wav2lip.utils.fields import Number, Text, quote
from wav2lip.utils.tables import read_table, read_text

CURVES = Path("curves") / "metrics.csv"
CONFIG = Path("hydra") / "config.yaml"
CHECKPOINT = Path("checkpoints") / "best.ckpt"
METRICS = (
    "val/lower_l1",
    "val/l1",
    "val/sync",
    "val/response",
    "val/pairwise",
    "val/offset_within_1",
)
MAX_STEP = 10**12
LONGEST_CONFIG, DEEPEST_CONFIG = 1 << 18, 50  # characters, levels
# Task -> the experiment that its ablations change in one thing.
BASELINES = {
    "SyncNetTask": "expert",
    "MeshSyncNetTask": "mesh_expert",
    "LipMotionTask": "lip_motion",
    "MeshGeneratorTask": "mesh_generator",
}
FULL = "full"  # that of all other tasks
GENERATORS = frozenset(
    {FULL, "mesh_generator"}
)  # baselines of runs whose checkpoints can be evaluated
_SEED = Number(0, 2**32 - 1, whole=True)  # of NumPy


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes:
        experiment: name of the experiment.
        seed: of the run.
        step: of the validation that the scores come from.
        scores: by metric.
        folder: of the run.
        baseline: the experiment that it is compared with. Only runs of one baseline have comparable scores.
    """

    experiment: str
    seed: int
    step: int
    scores: dict[str, float]
    folder: Path = Path()
    baseline: str = FULL

    @property
    def checkpoint(self) -> Path:
        """The checkpoint of the validation with the lowest monitored value."""
        return self.folder / CHECKPOINT


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


def _read_config(path: Path) -> tuple[str, int, str]:
    """Return experiment, seed and baseline, as they stand in the file.

    Interpolations are not resolved: another person may have written the config, and the table may be published.
    """
    try:
        text = read_text(path, "config of a run")
        _check_yaml(text)
        config: Any = yaml.safe_load(text)
        task = str(config.get("task", {}).get("_target_", "")).rpartition(".")[2]
        seed = int(_SEED.check(config["seed"]))
        return Text().check(config["experiment_name"]), seed, BASELINES.get(task, FULL)
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
        yaml.YAMLError,
    ) as error:
        raise InputError(
            f"{path}: states no experiment_name and seed of a run; remove its folder"
        ) from error


def read_run(folder: Path, choose: str, metrics: Sequence[str]) -> Run | None:
    """Read the scores of a run at the validation with the lowest `choose`; None if it has not validated yet."""
    experiment, seed, baseline = _read_config(folder / CONFIG)
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
    step = int(_number(folder, line, "step", best.get("step", "")))
    return Run(experiment, seed, step, scores, folder, baseline)


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
        InputError: there is no such run, or two have the same experiment and seed.
    """
    runs = [run for run in (read_run(f, choose, metrics) for f in find_runs(root)) if run]
    if not runs:
        raise InputError(f"{root}: no run has logged {choose}; give the folder of finished runs")
    seen: dict[tuple[str, int], Run] = {}
    for run in runs:
        other = seen.setdefault((run.experiment, run.seed), run)
        if other is not run:
            raise InputError(
                f"{run.folder}: has the experiment and the seed of {other.folder}, so it would count twice; "
                "move one away"
            )
    return runs


def find_unfinished(root: Path, choose: str, baseline: str) -> list[str]:
    """Find the folders below `root` of runs with a baseline that have not logged `choose` yet, relative to `root`."""
    return [
        folder.relative_to(root).as_posix()
        for folder in find_runs(root)
        if _read_config(folder / CONFIG)[2] == baseline and read_run(folder, choose, ()) is None
    ]
