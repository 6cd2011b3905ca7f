"""Distance between two pictures as a trained network sees them."""

import torch
from torch import Tensor, nn

FLOOR = 1e-3  # activations; a layer that is silent on the target does not divide by zero


def feature_l1(encoder: nn.Sequential, generated: Tensor, target: Tensor) -> Tensor:
    """Mean L1 between an encoder's maps of two pictures, each layer relative to the target's own size.

    Of each sample by itself, so that the loss of a batch is the mean of its parts, on however many
    processes they lie.

    The feature reconstruction loss (Johnson et al., ECCV 2016, section 3.2) in the lips encoder of a sync
    expert: it asks for the mouth that was there, so it cannot be met by specks that please the expert.

    Args:
        encoder: layers that are applied one after another; frozen by the caller.
        generated: (B, C, H, W) what the encoder takes; gradients flow here.
        target: the same shape.

    Returns:
        Scalar; 0 for equal pictures, about 1 for unrelated ones.
    """
    with torch.no_grad():
        wanted = []
        maps = target
        for layer in encoder:
            maps = layer(maps)
            wanted.append(maps)
    terms = []
    maps = generated
    for layer, goal in zip(encoder, wanted, strict=True):
        maps = layer(maps)
        size = goal.float().abs().flatten(1).mean(1).clamp(min=FLOOR)
        terms.append((maps.float() - goal.float()).abs().flatten(1).mean(1) / size)
    return torch.stack(terms).mean()
