import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from wav2lip.tasks.optimizer_settings import apply_settings

CONFIG = {"_target_": "torch.optim.AdamW", "lr": 0.1, "betas": [0.5, 0.9], "weight_decay": 0.2}


@pytest.fixture
def optimizer():
    weight = torch.nn.Parameter(torch.zeros(1))
    return torch.optim.AdamW([weight], lr=0.1, betas=(0.5, 0.9), weight_decay=0.2)


def test_equal_settings_change_nothing(optimizer):
    before = dict(optimizer.param_groups[0])
    assert apply_settings(optimizer, None, CONFIG) == {}
    assert optimizer.param_groups[0] == before


def test_a_constant_rate_and_further_settings_are_set(optimizer):
    changed = apply_settings(optimizer, None, {**CONFIG, "lr": 0.01, "betas": [0.9, 0.99]})
    assert changed == {"lr": (0.1, 0.01), "betas": ((0.5, 0.9), (0.9, 0.99))}
    assert optimizer.param_groups[0]["lr"] == 0.01
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.99)
    assert optimizer.param_groups[0]["weight_decay"] == 0.2


def test_a_scheduled_rate_keeps_its_place_in_the_schedule(optimizer):
    schedule = LambdaLR(optimizer, lambda step: 1 / (1 + step))
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)
    assert apply_settings(optimizer, schedule, CONFIG) == {}
    assert apply_settings(optimizer, schedule, {**CONFIG, "lr": 0.02}) == {"lr": (0.1, 0.02)}
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02 / 3)
