"""Fuse batch norms into the convolutions before them: the same network with fewer steps."""

import copy
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)


def fuse_batch_norms(network: Network) -> Network:
    """Return a copy in eval mode whose convolutions include the batch norms that follow them.

    The output is the same up to rounding. Pairs are found where both stand next to each other in an
    `nn.Sequential`, as in all networks of `wav2lip.models`.
    """
    fused = copy.deepcopy(network).eval()
    for module in list(fused.modules()):
        if not isinstance(module, nn.Sequential):
            continue
        for i in range(len(module) - 1):
            first, second = module[i], module[i + 1]
            if isinstance(second, nn.BatchNorm2d) and isinstance(
                first, nn.Conv2d | nn.ConvTranspose2d
            ):
                transposed = isinstance(first, nn.ConvTranspose2d)
                module[i] = fuse_conv_bn_eval(first, second, transpose=transposed)
                module[i + 1] = nn.Identity()
    return fused
