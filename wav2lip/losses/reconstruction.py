"""Pixel losses between generated and target faces."""

import torch
from torch import Tensor

# The mouth of an S3FD-boxed face at rest and open, as shares of the crop's side (rows, columns).
MOUTH_ROWS = (0.55, 0.95)
MOUTH_COLUMNS = (0.2, 0.8)


def mouth_weight(size: int, weight: float, like: Tensor) -> Tensor:
    """(size, size) map: `weight` over the mouth, 1 elsewhere."""
    map_ = torch.ones(size, size, device=like.device, dtype=like.dtype)
    rows, columns = (
        slice(round(a * size), round(b * size)) for a, b in (MOUTH_ROWS, MOUTH_COLUMNS)
    )
    map_[rows, columns] = weight
    return map_


def masked_l1(generated: Tensor, target: Tensor, mouth: float = 1.0) -> Tensor:
    """Mean absolute difference, the mouth region weighted `mouth` times; plain L1 at 1.

    Args:
        generated: (..., S, S) in [0, 1].
        target: the same shape.
        mouth: weight of the mouth region against the rest; the mean stays a weighted mean.
    """
    difference = (generated - target).abs()
    if mouth == 1.0:
        return difference.mean()
    weight = mouth_weight(difference.shape[-1], mouth, difference)
    return (difference * weight).mean() / weight.mean()
