"""Losses of a mouth whose inside is inpainted: all within the region that may change."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

DETAIL = 5  # px, side of the mean that is subtracted from a picture to leave its detail


def region_mean(values: Tensor, region: Tensor) -> Tensor:
    """Average values (B, C, H, W) with the weights (B, 1, H, W); 0 if there are none."""
    total = region.sum() * values.shape[1]
    return (values * region).sum() / total.clamp_min(1e-6)


def detail(pictures: Tensor) -> Tensor:
    """Subtract the mean of the surroundings of every pixel of (B, C, H, W)."""
    reach = DETAIL // 2
    return pictures - F.avg_pool2d(F.pad(pictures, [reach] * 4, mode="replicate"), DETAIL, 1)


def region_l1(generated: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Compute the mean absolute difference in a region.

    Args:
        generated: (B, 3, H, W).
        target: the same shape.
        region: (B, 1, H, W), weights.
    """
    return region_mean((generated - target).abs(), region)


def detail_l1(generated: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Compute the mean absolute difference of the detail in a region; see `region_l1`."""
    return region_mean((detail(generated) - detail(target)).abs(), region)


def hue_l1(generated: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Compute the mean absolute difference of the soft colours in a region, whatever their brightness.

    A discriminator of small patches accepts teeth and lips of any hue; see `region_l1`.
    """
    soft = F.avg_pool2d(generated - target, DETAIL, 1, DETAIL // 2)
    return region_mean((soft - soft.mean(1, keepdim=True)).abs(), region)


def detail_ratio(generated: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Compute how much detail a region has against the target: 1 is as sharp. See `region_l1`."""
    found = region_mean(detail(generated).abs(), region)
    return found / region_mean(detail(target).abs(), region).clamp_min(1e-6)


def _mean_over_maps(maps: Sequence[Tensor], region: Tensor) -> Tensor:
    """Average each map (B, C, h, w) in the region, then the maps."""
    weights = (F.interpolate(region, m.shape[-2:], mode="area") for m in maps)
    return torch.stack([region_mean(m, w) for m, w in zip(maps, weights, strict=True)]).mean()


def hinge(logits: Sequence[Tensor], real: bool, region: Tensor) -> Tensor:
    """Compute the hinge loss of patch discriminators (Lim and Ye 2017, *Geometric GAN*, section 3.1).

    Args:
        logits: (B, 1, h, w) of each discriminator.
        real: whether they are of real pictures.
        region: (B, 1, H, W), weights.
    """
    return _mean_over_maps([F.relu(1 - m if real else 1 + m) for m in logits], region)


def adversarial(logits: Sequence[Tensor], region: Tensor) -> Tensor:
    """Compute the generator's side of `hinge`: minus the mean logit in the region."""
    return -_mean_over_maps(logits, region)


def feature_l1(generated: Sequence[Tensor], real: Sequence[Tensor], region: Tensor) -> Tensor:
    """Compute the mean absolute difference of discriminators' features in the region, averaged over their layers.

    Wang et al. 2018, *High-resolution image synthesis with conditional GANs*, eq. 4.
    """
    differences = [(a - b).abs() for a, b in zip(generated, real, strict=True)]
    return _mean_over_maps(differences, region)
