"""Pixel losses between generated and target faces."""

import torch
import torch.nn.functional as F
from torch import Tensor

# The mouth of an S3FD-boxed face at rest and open, as shares of the crop's side (rows, columns).
MOUTH_ROWS = (0.55, 0.95)
MOUTH_COLUMNS = (0.2, 0.8)


EPSILON = 1e-10  # mean squared error of equal pictures: 100 dB


def mouth_slices(size: int) -> tuple[slice, slice]:
    """Rows and columns of the mouth in a face of `size` pixels."""
    rows, columns = (
        slice(round(a * size), round(b * size)) for a, b in (MOUTH_ROWS, MOUTH_COLUMNS)
    )
    return rows, columns


def mouth_psnr(generated: Tensor, target: Tensor) -> Tensor:
    """Faces (B, ..., S, S) in [0, 1] -> () mean over samples of the mouth region's PSNR in dB.

    A sample's mean squared error is over all of its pixels and frames; equal pictures count as 100 dB.
    """
    rows, columns = mouth_slices(target.shape[-1])
    error = (generated - target)[..., rows, columns].float().square().flatten(1).mean(1)
    return -10 * error.clamp_min(EPSILON).log10().mean()


def mouth_weight(size: int, weight: float, like: Tensor) -> Tensor:
    """(size, size) map: `weight` over the mouth, 1 elsewhere."""
    map_ = torch.ones(size, size, device=like.device, dtype=like.dtype)
    map_[mouth_slices(size)] = weight
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


def edge_l1(generated: Tensor, target: Tensor, mouth: float = 1.0) -> Tensor:
    """L1 between the horizontal and vertical steps of neighbouring pixels: what a blur loses.

    The gradient difference loss of Mathieu et al. (ICLR 2016, section 3.2) with exponent 1, signed.
    Same arguments as `masked_l1`; the last row and column have no next neighbour and count as equal.
    """
    difference = generated - target
    down = F.pad(difference.diff(dim=-2), (0, 0, 0, 1))
    right = F.pad(difference.diff(dim=-1), (0, 1))
    return masked_l1(down, torch.zeros_like(down), mouth) + masked_l1(
        right, torch.zeros_like(right), mouth
    )


def mouth_l1(generated: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference within the mouth region alone; (..., S, S) in [0, 1] each."""
    difference = (generated - target).abs()
    inside = mouth_weight(difference.shape[-1], 2.0, difference) - 1
    return (difference * inside).mean() / inside.mean()
