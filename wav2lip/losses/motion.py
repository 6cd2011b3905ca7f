"""Losses of predicted motion: series over time, some of whose frames count and some do not."""

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_POWER = 1e-4  # keeps the gradient of the correlation of constant series finite


def motion_error(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Smooth L1 of coefficients, mean over the frames that count.

    Args:
        predicted: (B, T, K).
        target: (B, T, K).
        weight: (B, T), at least 0; 0 for a frame that does not count.

    Returns:
        Scalar; 0 if no frame counts.
    """
    error = F.smooth_l1_loss(predicted, target, reduction="none").mean(dim=2)
    return (error * weight).sum() / weight.sum().clamp(min=1)


def _centred(series: Tensor, weight: Tensor) -> Tensor:
    count = weight.sum(dim=1, keepdim=True).clamp(min=1)
    return (series - (series * weight).sum(dim=1, keepdim=True) / count) * weight


def motion_correlation(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Pearson correlation over time of the frames that count.

    Args:
        predicted: (B, T, C).
        target: (B, T, C).
        weight: (B, T), 0 or 1.

    Returns:
        (B, C) from -1 to 1; 0 for series that are constant.
    """
    weight = weight[..., None]
    one, other = _centred(predicted, weight), _centred(target, weight)
    power = (one.square().sum(dim=1) * other.square().sum(dim=1)).clamp(min=SMALLEST_POWER**2)
    return (one * other).sum(dim=1) / power.sqrt()


def motion_range(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Standard deviation over time of predicted series over that of the true ones.

    Args:
        predicted: (B, T, C).
        target: (B, T, C).
        weight: (B, T), 0 or 1.

    Returns:
        (B, C), at least 0.
    """
    weight = weight[..., None]
    one, other = _centred(predicted, weight), _centred(target, weight)
    powers = one.square().sum(dim=1), other.square().sum(dim=1).clamp(min=SMALLEST_POWER)
    return torch.sqrt(powers[0] / powers[1])
