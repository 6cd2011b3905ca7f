import math
from pathlib import Path

import pytest
import torch

from wav2lip.checkpoints import build_network
from wav2lip.errors import InputError
from wav2lip.evaluation.ablation_table import tabulate
from wav2lip.evaluation.ablations import Run
from wav2lip.evaluation.run_scores import checkpoint_facts, column_of, evaluate_runs
from wav2lip.evaluation.table import Row, Table
from wav2lip.metrics.bootstrap import Interval

CONFIG = {"_target_": "wav2lip.models.SyncNet", "width": 0.0625}


def mean(value):
    return Interval(value, math.nan, math.nan, 3, 0, 3)


def run(root, experiment, seed, hours):
    folder = root / experiment / str(seed)
    (folder / "checkpoints").mkdir(parents=True)
    torch.manual_seed(0)
    state = {f"syncnet.{k}": v for k, v in build_network(CONFIG).state_dict().items()}
    hyper = {"syncnet": CONFIG, "training_hours": hours, "revision": "abc123"}
    torch.save({"state_dict": state, "hyper_parameters": hyper}, folder / "checkpoints/best.ckpt")
    return Run(experiment, seed, 100, {"val/l1": 0.5}, folder)


def test_checkpoints_add_scores_and_facts_to_the_table(tmp_path):
    runs = [run(tmp_path, "full", 1, 2.0), run(tmp_path, "no_gan", 1, 1.5)]
    seen = []

    def evaluate(checkpoint: Path, output: Path) -> Table:
        seen.append(output)
        value = 0.3 if "full" in str(checkpoint) else 0.1
        cells = {"lse_c_at_0": mean(value), "psnr": mean(math.inf)}
        rows = [Row(name, cells) for name in ("generated", "real", "frozen mouth")]
        header = {"judge": "bundled", "clips": "3"}
        return Table((), tuple(rows), header=header, warnings=("not independent",))

    scored = evaluate_runs(runs, evaluate)
    assert scored.names == ["generated/lse_c_at_0"]
    assert seen == [r.folder / "evaluation" for r in runs]
    assert scored.warnings == ["full, seed 1: not independent", "no_gan, seed 1: not independent"]
    names = ["val/l1", *scored.names]
    table = tabulate(scored.runs, names, "val/loss", (), scored.header, scored.warnings)
    assert table.header == {"validation chosen by": "lowest val/loss", "judge": "bundled"}
    assert len(table.warnings) == 2
    full, other = table.rows
    count = sum(p.numel() for p in build_network(CONFIG).parameters())
    assert full.facts == {
        "seeds": "1", "steps": "100", "parameters": f"{count:,}", "commit": "abc123", "hours": "2.00",
    }  # fmt: skip
    assert other.differences["generated/lse_c_at_0"].interval.mean == pytest.approx(-0.2)
    assert [(c.heading, c.group, c.better) for c in table.columns] == [
        ("val/l1", "", "lower"),
        ("C at 0", "generated", "higher"),
    ]


def test_a_checkpoint_of_another_step_is_a_warning(tmp_path):
    one = run(tmp_path, "full", 1, 2.0)
    saved = torch.load(one.checkpoint, weights_only=True)
    torch.save({**saved, "global_step": 60}, one.checkpoint)
    scored = evaluate_runs([one], lambda checkpoint, output: Table((), ()))
    assert scored.warnings == [
        "full, seed 1: best.ckpt is of step 60, the metrics of training are those of step 100"
    ]


def test_seeds_that_differ_are_listed(tmp_path):
    facts = checkpoint_facts([run(tmp_path, "full", 1, 2.0), run(tmp_path, "full", 2, 3.0)])
    assert (facts["commit"], facts["hours"]) == ("abc123", "2.00 3.00")
    assert checkpoint_facts([Run("gone", 1, 5, {}, tmp_path)]) == {}


def test_a_run_without_a_checkpoint_is_named(tmp_path):
    with pytest.raises(InputError, match=r"best\.ckpt: no such file; train the run again"):
        evaluate_runs([Run("full", 1, 5, {}, tmp_path)], lambda *_: Table((), ()))
    assert column_of("val/sync") is None
