import pytest
import torch
from torch import nn

from wav2lip.losses import feature_l1


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3, 2))
    return layers.requires_grad_(False)


def test_equal_images_have_distance_zero_and_others_more(encoder):
    a, b = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    assert feature_l1(encoder, a, a).item() == 0
    near, far = feature_l1(encoder, a + 0.1 * (b - a), a), feature_l1(encoder, b, a)
    assert 0 < near < 0.2 * far


def test_it_is_the_mean_over_layers_of_relative_differences():
    double = nn.Sequential(nn.Identity(), nn.Identity())
    target = torch.ones(1, 1, 2, 2)
    assert feature_l1(double, 1.5 * target, target).item() == pytest.approx(0.5)
    assert feature_l1(double, 11.5 * target, 10 * target).item() == pytest.approx(0.15)


def test_the_loss_of_a_batch_is_the_mean_of_its_samples(encoder):
    generated, target = torch.rand(2, 4, 3, 16, 16)
    target[0] *= 0.1  # so that its maps are of another size than the others'
    each = [feature_l1(encoder, generated[i : i + 1], target[i : i + 1]) for i in range(4)]
    whole = feature_l1(encoder, generated, target)
    assert whole.item() == pytest.approx(torch.stack(each).mean().item(), rel=1e-6)


def test_gradients_reach_the_generated_image_alone(encoder):
    generated = torch.rand(1, 3, 16, 16).requires_grad_()
    target = torch.rand(1, 3, 16, 16).requires_grad_()
    feature_l1(encoder, generated, target).backward()
    assert generated.grad.abs().sum() > 0
    assert target.grad is None
