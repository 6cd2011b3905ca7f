import logging

import pytest
import torch

from wav2lip.callbacks import BaselineValidation, EarlyStopping


@pytest.fixture
def values(scripted):
    """A task whose n-th validation, the one at step 0 included, gives the n-th loss."""

    def make(*losses: float):
        task = scripted()
        numbers = iter([*losses, *[9.0] * 9])
        task.validation_step = lambda batch, batch_idx: task.log_dict(
            {"val/loss": (loss := next(numbers)), "val/mouth_l1": loss / 10}
        )
        return task

    return make


def test_the_first_validation_comes_before_the_first_step(values, loaders, trainer, caplog):
    task, start = values(0.5, 0.3, 0.4), BaselineValidation(["val/mouth_l1"])
    with caplog.at_level(logging.INFO):
        trainer(12, start).fit(task, *loaders)
    assert start.baseline == {"val/mouth_l1": pytest.approx(0.05)}
    assert (start.best, start.best_step) == (pytest.approx(0.3), 6)
    assert "step 0 -> step 6: val/mouth_l1 0.0500 -> 0.0300" in caplog.text


def test_a_run_that_only_gets_worse_stops_with_a_warning(values, loaders, trainer, caplog):
    task, start = values(0.3, 0.4, 0.5, 0.6), BaselineValidation(["val/mouth_l1"])
    run = trainer(60, EarlyStopping("val/loss", patience=2, check_on_train_epoch_end=False), start)
    run.fit(task, *loaders)
    assert run.global_step == 12  # two validations after the one at step 0
    assert "no step improved val/loss on the held-out data" in caplog.text


def test_a_resumed_run_keeps_its_baseline(values, loaders, trainer, tmp_path):
    first = trainer(6, BaselineValidation(["val/mouth_l1"]))
    first.fit(values(0.5, 0.3), *loaders)
    first.save_checkpoint(tmp_path / "run.ckpt")
    start = BaselineValidation(["val/mouth_l1"])
    again = trainer(12, start)
    again.fit(values(0.2), *loaders, ckpt_path=tmp_path / "run.ckpt", weights_only=True)
    assert start.baseline == {"val/mouth_l1": pytest.approx(0.05)}
    assert start.best_step == 12
    assert torch.load(tmp_path / "run.ckpt", weights_only=True)["global_step"] == 6
