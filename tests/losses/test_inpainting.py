import pytest
import torch

from wav2lip.losses.inpainting import (
    adversarial,
    detail,
    detail_l1,
    detail_ratio,
    feature_l1,
    hinge,
    hue_l1,
    region_l1,
)


@pytest.fixture
def region():
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    return mask


def test_only_the_region_counts(region):
    target = torch.rand(1, 3, 16, 16)
    generated = target + 0.25 * region + 5 * (1 - region)
    assert region_l1(generated, target, region).item() == pytest.approx(0.25)
    assert region_l1(generated, target, torch.zeros_like(region)).item() == 0


def test_detail_is_what_a_blur_loses(region):
    assert detail(torch.full((1, 3, 16, 16), 0.7)).abs().max() < 1e-6
    stripes = (torch.arange(16) % 2).float().expand(1, 3, 16, 16)
    grey = torch.full_like(stripes, 0.5)
    assert detail_ratio(grey, stripes, region).item() == pytest.approx(0, abs=1e-6)
    assert detail_ratio(stripes, stripes, region).item() == 1
    assert detail_l1(grey, stripes, region).item() == pytest.approx(
        0.4, abs=0.01
    )  # a mean of 5 px leaves 2/5 or 3/5
    assert detail_l1(stripes + 0.3, stripes, region).item() == pytest.approx(0, abs=1e-6)


def test_hue_is_colour_without_brightness(region):
    target = torch.rand(1, 3, 16, 16)
    assert hue_l1(target + 0.2, target, region).item() == pytest.approx(0, abs=1e-6)
    red = target + torch.tensor([0.0, 0.0, 0.3]).view(1, 3, 1, 1)
    assert hue_l1(red, target, region).item() == pytest.approx(0.4 / 3, abs=1e-5)


def test_hinge_and_its_generator_s_side(region):
    logits = [torch.full((1, 1, 4, 4), 0.4), torch.full((1, 1, 2, 2), 0.2)]
    assert hinge(logits, True, region).item() == pytest.approx(0.7)
    assert hinge(logits, False, region).item() == pytest.approx(1.3)
    assert hinge([logits[0] * 10], True, region).item() == 0
    assert adversarial(logits, region).item() == pytest.approx(-0.3)


def test_features_are_averaged_over_layers_in_the_region(region):
    a = [torch.zeros(1, 2, 8, 8), torch.ones(1, 4, 4, 4)]
    b = [torch.ones(1, 2, 8, 8), torch.full((1, 4, 4, 4), 3.0)]
    b[0][..., :2, :] = 50  # outside
    assert feature_l1(a, b, region).item() == 1.5
