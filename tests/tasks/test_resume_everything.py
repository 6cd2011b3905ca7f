"""A GAN run with a sync schedule and averaged weights, killed at any step, resumes exactly."""

import pytest
import pytorch_lightning as pl
import torch

from wav2lip.callbacks import EMA, LastCheckpoint, SyncWeightSchedule

STEPS = 8  # in epochs of three


class EveryStep(LastCheckpoint):
    """Keeps the file of every step at which the last checkpoint is replaced."""

    def save(self, trainer):
        self.path = self.path.with_name(f"step={trainer.global_step}.ckpt")
        super().save(trainer)


class Recorder(pl.Callback):
    """Loss, weight of the sync term, and the sum of the average's weights, by step."""

    def __init__(self, average) -> None:
        self.average = average
        self.by_step = {}

    def on_train_batch_end(self, trainer, task, outputs, batch, batch_idx):
        total = sum(float(p.double().sum()) for p in self.average._average_model.parameters())
        self.by_step[trainer.global_step] = (
            float(outputs["loss"]),
            task.weights["sync"],
            total,
        )


def run(parts, trainer, callbacks, resume=None):
    task, data = parts
    pl.seed_everything(3 if resume is None else 4)
    average = EMA(decay=0.9)
    recorder = Recorder(average)
    # Above what an untrained expert gives, so that the first validation switches the term on.
    schedule = SyncWeightSchedule(below=100.0)
    fit = trainer(STEPS, average, recorder, schedule, *callbacks)
    fit.fit(task, data, ckpt_path=resume, weights_only=True)
    return recorder.by_step, fit, task


@pytest.mark.slow
def test_losses_weights_and_average_after_a_resume(gan_task, lip_data, trainer, expert, tmp_path):
    def parts():
        return gan_task(expert=expert), lip_data()

    whole, _, _ = run(parts(), trainer, [EveryStep(tmp_path / "last.ckpt", every=1)])
    assert [whole[k][1] for k in range(1, STEPS + 1)] == [0.0] * 3 + [0.1] * 5
    for stopped in (2, 3, 5):
        path = tmp_path / f"step={stopped}.ckpt"
        again = LastCheckpoint(tmp_path / "again.ckpt")
        resumed, _, _ = run(parts(), trainer, [again], path)
        assert sorted(resumed) == list(range(stopped + 1, STEPS + 1)), stopped
        for step, values in resumed.items():
            assert values == pytest.approx(whole[step], abs=1e-6), (stopped, step)


def test_a_checkpoint_holds_the_average_and_the_current_weights_beside_it(
    gan_task, lip_data, trainer, expert, tmp_path
):
    from wav2lip.checkpoints import load_network

    parts = gan_task(expert=expert), lip_data()
    _, fit, task = run(parts, trainer, [LastCheckpoint(tmp_path / "last.ckpt")])
    fit.save_checkpoint(tmp_path / "end.ckpt")
    saved = torch.load(tmp_path / "end.ckpt", weights_only=True)
    key = "generator.output_block.1.weight"
    # A finished run leaves the current weights in the task, so that it can resume with more steps.
    assert torch.equal(saved["current_model_state"][key], task.state_dict()[key])
    assert not torch.equal(saved["state_dict"][key], task.state_dict()[key])
    exported = load_network(tmp_path / "end.ckpt", "generator").network.state_dict()
    assert torch.equal(exported["output_block.1.weight"], saved["state_dict"][key])
