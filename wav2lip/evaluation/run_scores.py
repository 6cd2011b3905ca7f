"""What the checkpoints of training runs add to the table of runs: facts, and scores under protocols."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wav2lip.checkpoints import load_network
from wav2lip.errors import InputError
from wav2lip.evaluation.ablations import Run
from wav2lip.evaluation.result_table import CONTROLS, parameters
from wav2lip.evaluation.results import METRICS
from wav2lip.evaluation.systems import REAL
from wav2lip.evaluation.table import Column, Table

FOLDER = "evaluation"  # of a run, where its checkpoint's results are
SHOWN = (  # metrics of each row of an evaluation that the table of runs shows
    *("lse_d", "lse_c", "lse_c_at_0", "psnr", "ssim", "lmd_inter_ocular"),
    *("opening_correlation", "opening_range", "jaw_correlation", "lip_leak"),
    *("agreement_swapped", "agreement_source", "lse_c_silent", "lsd_current", "lsd_first_frame"),
)
SHARED = (
    "judge",
    "protocol",
    "settings",
)  # of the headers of evaluations, which all runs have in common
Evaluate = Callable[[Path, Path], Table]  # (checkpoint, output folder) -> results


@dataclass(frozen=True)
class Scored:
    """Runs whose checkpoints were evaluated.

    Attributes:
        runs: with further scores SYSTEM/METRIC, the means over the clips.
        names: of these scores.
        header: what they depend on.
        warnings: about them, each with its run.
    """

    runs: list[Run]
    names: list[str]
    header: dict[str, str]
    warnings: list[str]


def column_of(name: str) -> Column | None:
    """The column of a score SYSTEM/METRIC; None for a metric of training."""
    system, _, metric = name.rpartition("/")
    if metric not in METRICS or system == "val":
        return None
    shown = METRICS[metric]
    return Column(name, shown.heading, shown.digits, shown.better, system)


def evaluate_runs(runs: Sequence[Run], evaluate: Evaluate) -> Scored:
    """Evaluate the checkpoint of every run.

    Args:
        runs: finished runs.
        evaluate: evaluates a checkpoint.

    Raises:
        InputError: a run has no checkpoint.
    """
    found: list[Run] = []
    names: dict[str, None] = {}
    header: dict[str, str] = {}
    warnings: list[str] = []
    for run in runs:
        if not run.checkpoint.is_file():
            raise InputError(
                f"{run.checkpoint}: no such file; train the run again or remove its folder"
            )
        table = evaluate(run.checkpoint, run.folder / FOLDER)
        scores = {
            f"{row.name}/{metric}": row.cells[metric].mean
            for row in table.rows
            if row.name not in (REAL, *CONTROLS)
            for metric in SHOWN
            if metric in row.cells and math.isfinite(row.cells[metric].mean)
        }
        names |= dict.fromkeys(scores)
        found.append(replace(run, scores=run.scores | scores))
        header = {key: table.header[key] for key in SHARED if key in table.header}
        lines = list(table.warnings)
        step = load_network(run.checkpoint).metadata.get("step")
        if step is not None and int(step) != run.step:
            lines.append(
                f"{run.checkpoint.name} is of step {step}, the metrics of training are those of step {run.step}"
            )
        warnings += [f"{run.experiment}, seed {run.seed}: {line}" for line in lines]
    return Scored(found, list(names), header, warnings)


def checkpoint_facts(runs: Sequence[Run]) -> dict[str, str]:
    """Parameters, commit and hours of training of the runs of one experiment, as far as their checkpoints state them.

    Equal values are stated once, others in the order of the runs. Runs without a checkpoint have none.
    """
    each: dict[str, list[str]] = {}
    for run in runs:
        if not run.checkpoint.is_file():
            continue
        loaded = load_network(run.checkpoint)
        facts = {"parameters": f"{parameters(loaded.config):,}"}
        if "revision" in loaded.metadata:
            facts["commit"] = str(loaded.metadata["revision"])
        if "training_hours" in loaded.metadata:
            facts["hours"] = f"{loaded.metadata['training_hours']:.2f}"
        for name, text in facts.items():
            each.setdefault(name, []).append(text)
    return {
        name: texts[0] if len(set(texts)) == 1 else " ".join(texts) for name, texts in each.items()
    }
