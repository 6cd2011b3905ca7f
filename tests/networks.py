"""Networks whose every number differs from a fresh one's, and whether two are the same."""

import torch
from numpy.testing import assert_allclose
from torch import nn

from wav2lip.data.motion_basis import motion_basis
from wav2lip.models import MeshGenerator

SMALL_MESH_GENERATOR = {
    "inpainter_width": 0.25,
    "width": 8,
    "stacks": 1,
    "dilations": [1],
    "components": 6,
}


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


def opening_generator(opening: float, by_sound: float = 0.0) -> MeshGenerator:
    """A small `MeshGenerator` that opens the mouth by a constant.

    Args:
        opening: between the lips, in units of the eyes' distance.
        by_sound: factor on what the untrained network predicts from the sound on top.
    """
    torch.manual_seed(0)
    network = MeshGenerator(**SMALL_MESH_GENERATOR)
    basis = motion_basis()
    components = torch.from_numpy(basis.components[:6])
    place = {int(vertex): i for i, vertex in enumerate(basis.vertices)}
    gaps = components[:, place[14], 1] - components[:, place[13], 1]
    network.motion.vertices.copy_(torch.from_numpy(basis.vertices))
    network.motion.basis.copy_(components)
    with torch.no_grad():
        network.motion.coefficients.weight.mul_(by_sound)
        network.motion.coefficients.bias.copy_(opening * gaps / (gaps @ gaps))
    return network.eval()
