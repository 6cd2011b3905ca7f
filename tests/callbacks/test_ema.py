import pytest
import torch

from wav2lip.callbacks import EMA


class Falling:
    """Mixed into the scripted task: the weight falls by the rate at each step."""

    def training_step(self, batch, _):
        return self.weight.sum()


def test_the_average_follows_with_a_shorter_memory_early_on(scripted, loaders, trainer, tmp_path):
    class Task(Falling, scripted):
        pass

    task = Task(validations=[{"val/l1": 0.0}])
    average = EMA(decay=0.5)
    run = trainer(4, average)
    run.fit(task, *loaders)
    # 0.9 is copied, then (1 + n) / (10 + n) = 2/11, 3/12, 4/13 of the past: all below 0.5.
    expected = 0.9
    for n, weight in enumerate((0.8, 0.7, 0.6), start=1):
        past = (1 + n) / (10 + n)
        expected = past * expected + (1 - past) * weight
    run.save_checkpoint(tmp_path / "run.ckpt")
    saved = torch.load(tmp_path / "run.ckpt", weights_only=True)
    assert float(saved["state_dict"]["weight"]) == pytest.approx(expected)
    assert float(saved["current_model_state"]["weight"]) == pytest.approx(0.6)
    assert float(task.weight) == pytest.approx(0.6)
    assert float(average._average(torch.tensor(1.0), torch.tensor(0.0), 1000)) == 0.5


def test_validation_runs_on_the_average(scripted, loaders, trainer):
    class Task(Falling, scripted):
        def validation_step(self, batch, _):
            self.log("val/weight", self.weight.detach())

    task = Task()
    run = trainer(6, EMA(decay=0.5))
    run.fit(task, *loaders)
    assert float(task.weight) == pytest.approx(0.4)
    assert 0.43 < float(run.callback_metrics["val/weight"]) < 0.55


def test_counters_are_not_averaged():
    counter = EMA()._average(torch.tensor(3), torch.tensor(7), 5)
    assert counter.item() == 7
