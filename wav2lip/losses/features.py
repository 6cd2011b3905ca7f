"""Distance between two images in the features of a trained network."""

import torch
from torch import Tensor, nn

MIN_SIZE = 1e-3  # activations; avoids a division by zero if a layer is inactive on the target


def feature_l1(encoder: nn.Sequential, generated: Tensor, target: Tensor) -> Tensor:
    """Compute the mean L1 distance between an encoder's feature maps, relative to the target's maps.

    The feature reconstruction loss (Johnson et al., ECCV 2016, section 3.2) in the lip encoder of a sync expert. It
    compares with the mouth of the target, so artefacts that lower the sync loss do not lower it. Each sample is
    normalised by itself: the loss of a batch is the mean over its samples, on any number of processes.

    Args:
        encoder: layers that are applied one after another; the caller freezes them.
        generated: (B, C, H, W), input of the encoder; receives gradients.
        target: the same shape; receives none.

    Returns:
        Scalar; 0 for equal images, about 1 for unrelated ones.
    """
    with torch.no_grad():
        targets = []
        maps = target
        for layer in encoder:
            maps = layer(maps)
            targets.append(maps)
    terms = []
    maps = generated
    for layer, goal in zip(encoder, targets, strict=True):
        maps = layer(maps)
        size = goal.float().abs().flatten(1).mean(1).clamp(min=MIN_SIZE)
        terms.append((maps.float() - goal.float()).abs().flatten(1).mean(1) / size)
    return torch.stack(terms).mean()
