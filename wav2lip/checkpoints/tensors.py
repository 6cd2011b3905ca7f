"""Check the tensors of a network before they become its weights."""

from collections.abc import Mapping

import torch
from torch import Tensor

from wav2lip.utils.fields import quote

VARIANCE = "running_var"  # of a batch norm; its square root is taken


def check_weights(state: Mapping[str, Tensor], needed: Mapping[str, Tensor], limit: int) -> None:
    """Check the tensors of a network before they become its weights.

    Args:
        state: the file's tensors by key.
        needed: the network's own by the same keys, of the same shapes.
        limit: bytes that all of them may have, see `unpacked_limit`.

    Raises:
        ValueError: with the key of the first tensor that cannot be right.
    """
    if sum(v.numel() * v.element_size() for v in state.values()) > limit:
        raise ValueError("its tensors share their memory and would not fit into it")
    for key, value in state.items():
        own = needed[key].dtype
        if value.is_complex() or value.is_floating_point() != own.is_floating_point:
            raise ValueError(f"{quote(key)} is of type {value.dtype}, not {own}")
        if not own.is_floating_point:
            continue
        # The sum of finite float32 numbers may overflow, the extremes cannot.
        low, high = torch.aminmax(value.to(own)) if value.numel() else (torch.zeros(1),) * 2
        if not bool(torch.isfinite(low) & torch.isfinite(high)):
            raise ValueError(f"{quote(key)} holds NaN or infinite numbers")
        if key.endswith(VARIANCE) and low < 0:
            raise ValueError(f"{quote(key)} holds variances below 0")
