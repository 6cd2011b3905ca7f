"""Fuse batch norms into the convolutions before them: the same network with fewer steps."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)
Convolution = nn.Conv2d | nn.ConvTranspose2d


def norm_pairs(network: nn.Module) -> Iterator[tuple[str, Convolution, str, nn.BatchNorm2d]]:
    """Find the batch norms that follow a convolution in an `nn.Sequential`, as in all networks of `wav2lip.models`.

    Yields:
        Name of the convolution, the convolution, name of the norm, the norm.
    """
    for name, module in network.named_modules():
        if not isinstance(module, nn.Sequential):
            continue
        for (at, first), (after, second) in pairwise(module.named_children()):
            if isinstance(second, nn.BatchNorm2d) and isinstance(first, Convolution):
                prefix = f"{name}." if name else ""
                yield prefix + at, first, prefix + after, second


def fuse_batch_norms(network: Network) -> Network:
    """Return a copy in eval mode whose convolutions include the batch norms that follow them.

    The output is the same up to rounding.
    """
    fused = copy.deepcopy(network).eval()
    for name, convolution, after, norm in list(norm_pairs(fused)):
        transposed = isinstance(convolution, nn.ConvTranspose2d)
        fused.set_submodule(name, fuse_conv_bn_eval(convolution, norm, transpose=transposed))
        fused.set_submodule(after, nn.Identity())
    return fused
