"""Build the torch engine that fits a generator."""

from typing import TYPE_CHECKING

from wav2lip.engines.engine import AnyEngine
from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.engines.torch_engine import TorchEngine
from wav2lip.models import Generator, MeshGenerator
from wav2lip.utils.devices import torch_device

if TYPE_CHECKING:
    from wav2lip.checkpoints.load import LoadedNetwork


def build_torch_engine(loaded: "LoadedNetwork", device: str) -> AnyEngine:
    """Prepare a generator for torch.

    Args:
        loaded: the generator.
        device: where it runs; "auto": the GPU if there is one.

    Raises:
        InputError: no such device.
    """
    network, place = loaded.network, torch_device(device)
    if isinstance(network, MeshGenerator):
        return TorchMeshEngine(network, place)
    assert isinstance(network, Generator)  # what is loaded as a generator is one of the two
    return TorchEngine(network, place)
