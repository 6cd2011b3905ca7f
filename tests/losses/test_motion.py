import pytest
import torch

from wav2lip.losses import motion_correlation, motion_error, motion_range

RAMP = torch.arange(4.0).view(1, 4, 1)
ALL = torch.ones(1, 4)


def test_the_error_is_smooth_l1_over_the_frames_that_count():
    target = torch.zeros(1, 4, 2)
    predicted = torch.tensor([[[0.5, 0.5], [3.0, 1.0], [9.0, 9.0], [0.0, 0.0]]])
    weight = torch.tensor([[1.0, 1.0, 0.0, 1.0]])
    expected = (0.125 + (2.5 + 0.5) / 2 + 0) / 3
    assert motion_error(predicted, target, weight).item() == pytest.approx(expected)
    assert motion_error(predicted, target, 0 * weight).item() == 0


def test_correlation_ignores_mean_scale_and_frames_without_weight():
    series = torch.cat([2 * RAMP + 5, -RAMP, torch.ones(1, 4, 1)], dim=2)
    target = RAMP.expand(1, 4, 3)
    assert motion_correlation(series, target, ALL)[0].tolist() == pytest.approx([1, -1, 0])
    spoiled = torch.tensor([0.0, 1.0, -50.0, 3.0]).view(1, 4, 1)
    weight = torch.tensor([[1.0, 1.0, 0.0, 1.0]])
    assert motion_correlation(spoiled, RAMP, weight).item() == pytest.approx(1)
    assert motion_correlation(RAMP, RAMP, 0 * ALL).item() == 0


def test_the_gradient_of_the_correlation_of_constant_series_is_finite():
    constant = torch.ones(1, 4, 1, requires_grad=True)
    motion_correlation(constant, RAMP, ALL).sum().backward()
    assert torch.isfinite(constant.grad).all()


def test_the_range_is_a_ratio_of_standard_deviations():
    assert motion_range(0.5 * RAMP + 1, RAMP, ALL).item() == pytest.approx(0.5)
    assert motion_range(torch.ones(1, 4, 1), RAMP, ALL).item() == 0
