"""A run killed at any step and resumed equals an uninterrupted one."""

from functools import partial

import pytest
import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from wav2lip.checkpoints import load_network
from wav2lip.utils.revision import code_revision

STEPS = 8  # in epochs of three: checkpoints fall into, and onto the end of, an epoch


class Losses(pl.Callback):
    def __init__(self) -> None:
        self.by_step = {}

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
        self.by_step[trainer.global_step] = float(outputs["loss"])


@pytest.fixture(params=["sync", pytest.param("lip", marks=pytest.mark.slow)])
def parts(request, sync_task, sync_data, lip_task, lip_data):
    return (sync_task, sync_data) if request.param == "sync" else (lip_task, lip_data)


def run(parts, trainer, checkpoint, resume=None, steps=STEPS, keep=None):
    """Losses by step of a run from `resume` to the end, whose state is saved as `keep`."""
    task, data = parts
    pl.seed_everything(3 if resume is None else 4)
    losses = Losses()
    fit = trainer(steps, losses, *checkpoint)
    fit.fit(task(), data(), ckpt_path=resume, weights_only=True)
    if keep:
        fit.save_checkpoint(keep)
    return losses.by_step


def test_the_rate_of_the_config_counts_when_a_run_is_resumed(
    sync_task, sync_data, trainer, tmp_path, caplog
):
    class Rates(pl.Callback):
        def __init__(self) -> None:
            self.seen = []

        def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
            self.seen.append(trainer.optimizers[0].param_groups[0]["lr"])

    keep = tmp_path / "last.ckpt"
    task = sync_task(warmup=None)
    fit = trainer(2)
    fit.fit(task, sync_data())
    fit.save_checkpoint(keep)
    lower = {**task.hparams["optimizer"], "lr": 1e-5}
    rates = Rates()
    with caplog.at_level("INFO"):
        trainer(4, rates).fit(
            sync_task(warmup=None, optimizer=lower), sync_data(), ckpt_path=keep, weights_only=True
        )
    assert rates.seen == [1e-5, 1e-5]
    assert "task.optimizer.lr is now 1e-05; it was 0.001 before" in caplog.text


def test_losses_after_a_resume_equal_the_uninterrupted_run(parts, trainer, tmp_path):
    every_step = ModelCheckpoint(
        tmp_path, filename="{step}", every_n_train_steps=1, save_top_k=-1, monitor=None
    )
    at_validation = ModelCheckpoint(tmp_path / "val", filename="{step}", save_top_k=-1)
    whole = run(parts, trainer, [every_step, at_validation])
    assert sorted(whole) == list(range(1, STEPS + 1))
    for name in ("step=2", "step=3", "val/step=6"):
        stopped = int(name.split("=")[1])
        resumed = run(
            parts, trainer, [ModelCheckpoint(tmp_path / "again")], tmp_path / f"{name}.ckpt"
        )
        assert sorted(resumed) == list(range(stopped + 1, STEPS + 1)), name
        assert resumed == pytest.approx({k: whole[k] for k in resumed}, abs=1e-6), name


@pytest.mark.parametrize("finished", [5, 6])
def test_a_finished_run_resumes_with_more_steps(sync_task, sync_data, trainer, tmp_path, finished):
    # At a constant rate: a schedule that ends with the run has other rates in a longer one.
    parts = partial(sync_task, warmup=None), sync_data
    whole = run(parts, trainer, [ModelCheckpoint(tmp_path / "whole")])
    keep = tmp_path / "end.ckpt"
    run(parts, trainer, [ModelCheckpoint(tmp_path / "begun")], steps=finished, keep=keep)
    end = tmp_path / "end_of_both.ckpt"
    resumed = run(parts, trainer, [ModelCheckpoint(tmp_path / "again")], keep, keep=end)
    before, after = (load_network(path, "syncnet").metadata for path in (keep, end))
    assert 0 < before["training_hours"] < after["training_hours"] < 0.1
    assert after["revision"] == code_revision()
    assert sorted(resumed) == list(range(finished + 1, STEPS + 1))
    assert resumed == pytest.approx({k: whole[k] for k in resumed}, abs=1e-6)
