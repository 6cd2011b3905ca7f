"""The table of training runs: one row per experiment, means over its seeds, differences to the baseline by seed."""

import math
from collections.abc import Mapping, Sequence

from wav2lip.evaluation.ablations import Run
from wav2lip.evaluation.results import Better
from wav2lip.evaluation.run_scores import checkpoint_facts, column_of
from wav2lip.evaluation.table import Column, Row, Table
from wav2lip.metrics.bootstrap import (
    MIN_SPEAKERS,
    Difference,
    bootstrap_mean,
    paired_difference,
)

DIGITS = 4
BETTER: dict[str, Better] = {
    "val/lower_l1": "lower",
    "val/l1": "lower",
    "val/sync": "lower",
    "val/response": "higher",
    "val/pairwise": "higher",
    "val/offset_within_1": "higher",
    "val/loss": "lower",
}
LEGEND = (
    f"Means over seeds with the 95 % bootstrap interval or, with fewer than {MIN_SPEAKERS} seeds, the value of each. "
    "Differences are paired by seed, p by sign flips."
)


def _differences(
    own: Sequence[Run], baseline: Sequence[Run], metrics: Sequence[str]
) -> dict[str, Difference]:
    """Differences to the baseline over the seeds that both have."""
    by_seed = {run.seed: run for run in baseline}
    pairs = [(run, by_seed[run.seed]) for run in own if run.seed in by_seed]
    found = {}
    for name in metrics:
        values, base = ([pair[i].scores.get(name, math.nan) for pair in pairs] for i in (0, 1))
        difference = paired_difference(values, base)
        if difference.interval.clips:
            found[name] = difference
    return found


def tabulate(
    runs: Sequence[Run],
    metrics: Sequence[str],
    choose: str = "val/loss",
    unfinished: Sequence[str] = (),
    header: Mapping[str, str] | None = None,
    warnings: Sequence[str] = (),
) -> Table:
    """Compute mean and interval over the seeds by experiment; experiments sorted by name.

    A metric that no run of any experiment has is left out.

    Args:
        runs: one or more, all with the same baseline.
        metrics: columns.
        choose: the metric whose lowest value chose the validation.
        unfinished: names of runs without a validation, for a note.
        header: what the scores of checkpoints depend on.
        warnings: about these scores.
    """
    present = [name for name in metrics if any(name in run.scores for run in runs)]
    by_experiment = {
        experiment: sorted(
            (run for run in runs if run.experiment == experiment), key=lambda run: run.seed
        )
        for experiment in sorted({run.experiment for run in runs})
    }
    rows, baseline = [], runs[0].baseline
    for experiment, own in by_experiment.items():
        differences = {}
        if experiment != baseline:
            differences = _differences(own, by_experiment.get(baseline, []), present)
        means = {
            name: bootstrap_mean(run.scores.get(name, math.nan) for run in own) for name in present
        }
        facts = {
            "seeds": " ".join(str(run.seed) for run in own),
            "steps": " ".join(str(run.step) for run in own),
            **checkpoint_facts(own),
        }
        rows.append(Row(experiment, means, differences, facts))
    notes = [LEGEND]
    if unfinished:
        notes.append(f"without a validation: {', '.join(unfinished)}")
    return Table(
        tuple(column_of(name) or Column(name, name, DIGITS, BETTER.get(name)) for name in present),
        tuple(rows),
        baseline if baseline in by_experiment else "",
        {"validation chosen by": f"lowest {choose}", **(header or {})},
        tuple(warnings),
        notes=tuple(notes),
        rows_are="experiment",
        samples_are="runs",
        clusters_are="",
    )
