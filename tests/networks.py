"""Networks whose every number differs from a fresh one's, and whether two are the same."""

import torch
from numpy.testing import assert_allclose
from torch import nn


def seeded(network: nn.Module) -> nn.Module:
    """Weights, and batch statistics that are not the fresh ones."""
    generator = torch.Generator().manual_seed(1)
    for name, value in network.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2, generator=generator)
        elif value.is_floating_point():
            value.normal_(0, 0.1, generator=generator)
        else:
            value.fill_(7)
    return network.eval()


def same(a: nn.Module, b: nn.Module, tolerance: float = 0) -> None:
    other = b.state_dict()
    assert list(a.state_dict()) == list(other)
    for key, value in a.state_dict().items():
        assert other[key].dtype == value.dtype
        assert_allclose(other[key].detach(), value.detach(), atol=tolerance, rtol=tolerance)
