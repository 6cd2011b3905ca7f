"""Pixel losses between generated and target faces, and the mouth scores of validation.

Losses weight the region `LIPS`; scores measure the region `MOUTH`, as evaluation does.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from wav2lip.regions import LIPS, MOUTH

MIN_ERROR = 1e-10  # mean squared error of equal images: 100 dB


def lips_weight(size: int, weight: float, like: Tensor) -> Tensor:
    """Return a map (size, size) with `weight` over the region `LIPS` and 1 elsewhere.

    Args:
        size: side of the face in pixels.
        weight: of the pixels in the region.
        like: a tensor with the device and dtype of the result.
    """
    weights = torch.ones(size, size, device=like.device, dtype=like.dtype)
    weights[LIPS.slices(size)] = weight
    return weights


def weighted_l1(generated: Tensor, target: Tensor, mouth_weight: float = 1.0) -> Tensor:
    """Compute the mean absolute difference with more weight on the mouth.

    Args:
        generated: (..., S, S) in [0, 1].
        target: the same shape.
        mouth_weight: weight of the region `LIPS` against 1 elsewhere; the mean stays a weighted mean.

    Returns:
        Scalar.
    """
    difference = (generated - target).abs()
    if mouth_weight == 1.0:
        return difference.mean()
    weight = lips_weight(difference.shape[-1], mouth_weight, difference)
    return (difference * weight).mean() / weight.mean()


def edge_l1(generated: Tensor, target: Tensor, mouth_weight: float = 1.0) -> Tensor:
    """Compute the L1 distance between horizontal and vertical image gradients, which a blur loses.

    The gradient difference loss of Mathieu et al. (ICLR 2016, section 3.2) with exponent 1, on signed gradients.
    The last row and column have no next neighbour and count as equal.

    Args:
        generated: (..., S, S) in [0, 1].
        target: the same shape.
        mouth_weight: as in `weighted_l1`.

    Returns:
        Scalar.
    """
    difference = generated - target
    down = F.pad(difference.diff(dim=-2), (0, 0, 0, 1))
    right = F.pad(difference.diff(dim=-1), (0, 1))
    return weighted_l1(down, torch.zeros_like(down), mouth_weight) + weighted_l1(
        right, torch.zeros_like(right), mouth_weight
    )


def mouth_l1(generated: Tensor, target: Tensor) -> Tensor:
    """Compute the mean absolute difference within the region `MOUTH`.

    Args:
        generated: (..., S, S) in [0, 1].
        target: the same shape.

    Returns:
        Scalar.
    """
    rows, columns = MOUTH.slices(target.shape[-1])
    return (generated - target)[..., rows, columns].abs().mean()


def mouth_psnr(generated: Tensor, target: Tensor) -> Tensor:
    """Compute the mean over samples of the PSNR within the region `MOUTH`.

    The mean squared error of a sample is over all its pixels and frames.

    Args:
        generated: (B, ..., S, S) in [0, 1].
        target: the same shape.

    Returns:
        Scalar in dB; equal images count as 100 dB.
    """
    rows, columns = MOUTH.slices(target.shape[-1])
    error = (generated - target)[..., rows, columns].float().square().flatten(1).mean(1)
    return -10 * error.clamp_min(MIN_ERROR).log10().mean()
