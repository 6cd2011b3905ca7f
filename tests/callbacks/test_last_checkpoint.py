import signal

import pytest
import pytorch_lightning as pl
import torch

from wav2lip.callbacks import AtomicCheckpoints, CSVCurves, LastCheckpoint, PlotCurves
from wav2lip.utils.signals import Stopped, stop_on_signals


class Recording(LastCheckpoint):
    def __init__(self, path, every) -> None:
        super().__init__(path, every)
        self.saved = []

    def save(self, trainer):
        super().save(trainer)
        validated = "val/l1" in trainer.callback_metrics
        self.saved.append((trainer.global_step, validated))


def test_it_waits_for_the_validation_at_the_end_of_an_epoch(scripted, loaders, trainer, tmp_path):
    last = Recording(tmp_path / "checkpoints" / "last.ckpt", every=2)
    run = trainer(8, last, enable_checkpointing=True)
    run.fit(scripted(validations=[{"val/l1": 0.0}]), *loaders)
    assert last.saved == [(2, False), (4, False), (6, True), (8, True)]
    assert [p.name for p in last.path.parent.iterdir()] == ["last.ckpt"]
    assert torch.load(last.path, weights_only=True)["global_step"] == 8


def test_gathered_gradients_are_not_saved_and_an_epoch_without_validation_is_no_exception(
    scripted, loaders, trainer, tmp_path
):
    last = Recording(tmp_path / "last.ckpt", every=2)
    more = {"accumulate_grad_batches": 3, "check_val_every_n_epoch": 100}
    run = trainer(4, last, enable_checkpointing=True, **more)
    run.fit(scripted(validations=[{"val/l1": 0.0}]), *loaders)
    assert [step for step, _ in last.saved] == [2, 4]


class SignalInBatch(pl.Callback):
    def __init__(self, number) -> None:
        self.number, self.batch = number, 0

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.batch += 1
        if self.batch == self.number:
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize(("batch", "saved"), [(1, 1), (7, 4)])  # an epoch has six
def test_a_stop_waits_for_the_step_of_accumulated_batches(
    batch, saved, scripted, loaders, trainer, tmp_path
):
    last = Recording(tmp_path / "last.ckpt", every=100)
    more = {"accumulate_grad_batches": 2, "enable_checkpointing": True}
    run = trainer(12, last, SignalInBatch(batch), **more)
    with stop_on_signals(), pytest.raises(Stopped):
        run.fit(scripted(validations=[{"val/l1": 0.0}]), *loaders)
    assert last.saved[-1][0] == saved


class SignalAt(pl.Callback):
    def __init__(self, step, number) -> None:
        self.step, self.number = step, number

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.global_step == self.step:
            signal.raise_signal(self.number)


@pytest.mark.parametrize(
    ("number", "during", "saved"),
    [(signal.SIGINT, 1, 2), (signal.SIGTERM, 0, 1), (signal.SIGHUP, 5, 6)],  # 6 ends an epoch
)
def test_a_signal_saves_the_step_and_the_rerun_ends_as_if_undisturbed(
    number, during, saved, scripted, loaders, trainer, tmp_path
):
    def fit(folder, callbacks=(), resume=None):
        last = LastCheckpoint(folder / "last.ckpt")
        logger = CSVCurves(save_dir=str(folder), name="", version="curves")
        task = scripted(
            losses=[step / 8 for step in range(8)], validations=[{"val/l1": 0.5}, {"val/l1": 0.2}]
        )
        run = trainer(8, last, PlotCurves(), *callbacks, logger=logger, enable_checkpointing=True)
        run.fit(task, *loaders, ckpt_path=resume, weights_only=True)
        return (folder / "curves" / "metrics.csv").read_text()

    whole = fit(tmp_path / "whole")
    halved = tmp_path / "halved"
    with stop_on_signals(), pytest.raises(Stopped) as stop:
        fit(halved, [SignalAt(during, number)])
    assert stop.value.code == 128 + number
    assert f"step {saved} is saved in {halved}/last.ckpt" in stop.value.line()
    assert torch.load(halved / "last.ckpt", weights_only=True)["global_step"] == saved
    assert fit(halved, resume=halved / "last.ckpt") == whole


def test_checkpoints_are_written_beside_the_one_they_replace(
    scripted, loaders, trainer, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "absent"  # as a folder of temporary files on another file system
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    last = LastCheckpoint(tmp_path / "checkpoints" / "last.ckpt", every=2)
    run = trainer(4, last, enable_checkpointing=True, plugins=[AtomicCheckpoints()])
    run.fit(scripted(validations=[{"val/l1": 0.0}]), *loaders)
    assert [p.name for p in last.path.parent.iterdir()] == ["last.ckpt"]
    assert torch.load(last.path, weights_only=True)["global_step"] == 4
    assert not elsewhere.exists()
