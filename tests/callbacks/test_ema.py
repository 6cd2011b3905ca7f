import pytest
import pytorch_lightning as pl
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


def test_validation_runs_on_the_average(scripted, loaders, trainer):
    class Task(Falling, scripted):
        def validation_step(self, batch, _):
            self.log("val/weight", self.weight.detach())

    task = Task()
    run = trainer(6, EMA(decay=0.5))
    run.fit(task, *loaders)
    assert float(task.weight) == pytest.approx(0.4)
    assert 0.43 < float(run.callback_metrics["val/weight"]) < 0.55


class Network(pl.LightningModule):
    """Weights of several layouts and types."""

    def __init__(self, seed) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(5, 7)
        ).to(memory_format=torch.channels_last)
        self.layers[1].running_mean.normal_()
        self.rounded = torch.nn.Parameter(torch.randn(4).half())


@pytest.fixture
def averaged():
    """An average that has seen networks 0 and 1."""
    average = EMA(decay=0.5)
    average.setup(None, Network(0), "fit")
    average._average_model.update_parameters(Network(0))
    average._average_model.update_parameters(Network(1))
    return average


def test_all_weights_are_averaged_as_one_by_one(averaged):
    states = [Network(seed).state_dict() for seed in (0, 1)]
    for name, average in averaged._average_model.module.state_dict().items():
        first, second = (state[name] for state in states)
        if average.is_floating_point():
            assert torch.equal(average, first.lerp(second, 1 - 2 / 11)), name
    decay_of_long_runs = EMA(decay=0.5)
    decay_of_long_runs.setup(None, Network(0), "fit")
    decay_of_long_runs._average_model.n_averaged += 1000
    ones, zeros = [torch.ones(1)], [torch.zeros(1)]
    decay_of_long_runs._average(ones, zeros, 1000)
    assert ones == [torch.tensor([0.5])]


def test_counters_are_not_averaged(averaged):
    network = Network(2)
    network.layers[1].num_batches_tracked += 7
    averaged._average_model.update_parameters(network)
    assert averaged._average_model.module.layers[1].num_batches_tracked == 7


def test_an_update_asks_nothing_of_the_device(averaged):
    """The number is on the CPU, and the average has the layout of the weights."""
    assert averaged._average_model.n_averaged.device.type == "cpu"
    layer = averaged._average_model.module.layers[0]
    assert layer.weight.stride() == Network(0).layers[0].weight.stride()
