import math

import pytest
import torch

from wav2lip.callbacks import SyncWeightSchedule


def test_on_by_validation_off_when_pixels_explode_and_on_again(scripted, loaders, trainer):
    validations = [
        {"val/l1": 0.10, "val/sync": 0.90},  # not ready
        {"val/l1": 0.08, "val/sync": 0.60},  # on
        {"val/l1": 0.09, "val/sync": 0.80},  # worse than the threshold, but on is on
        {"val/l1": 0.17, "val/sync": 0.50},  # more than twice the best: off
        {"val/l1": 0.10, "val/sync": 0.50},  # on
        {"val/l1": math.nan, "val/sync": 0.50},  # off
        {"val/l1": 0.10, "val/sync": 0.90},
    ]
    task = scripted(validations=validations)
    schedule = SyncWeightSchedule(below=0.75, explode=2.0)
    trainer(6 * 7, schedule).fit(task, *loaders)
    assert task.seen[::6] == [0.0, 0.0, 0.1, 0.1, 0.0, 0.1, 0.0]
    assert task.weights == {"l1": 1.0, "sync": 0.0}  # the whole weight is L1's while it is off
    assert schedule.best == pytest.approx(0.08)


def test_the_score_has_the_same_meaning_before_and_after(scripted, loaders, trainer):
    task = scripted(validations=[{"val/l1": 0.2, "val/sync": 0.8, "val/adv": 5.0}])
    run = trainer(6, SyncWeightSchedule(below=0.1))
    run.fit(task, *loaders)
    assert float(run.callback_metrics["val/score"]) == pytest.approx(0.9 * 0.2 + 0.1 * 0.8)


def test_the_state_survives_a_checkpoint(scripted, loaders, trainer, tmp_path):
    first = trainer(6, SyncWeightSchedule(below=0.75))
    first.fit(scripted(validations=[{"val/l1": 0.1, "val/sync": 0.5}]), *loaders)
    first.save_checkpoint(tmp_path / "run.ckpt")
    task = scripted(validations=[{"val/l1": 0.1, "val/sync": 5.0}])
    again = SyncWeightSchedule(below=0.75)
    trainer(12, again).fit(task, *loaders, ckpt_path=tmp_path / "run.ckpt", weights_only=True)
    assert task.seen == [pytest.approx(0.1)] * 6
    assert again.on
    assert again.best == pytest.approx(0.1)
    assert "SyncWeightSchedule" in torch.load(tmp_path / "run.ckpt", weights_only=True)["callbacks"]
