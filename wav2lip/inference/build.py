"""Build the renderer that fits a generator."""

import torch

from wav2lip.checkpoints import LoadedNetwork
from wav2lip.engines import TorchEngine
from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.errors import InputError
from wav2lip.inference.mesh_renderer import MeshRenderer
from wav2lip.inference.renderer import FaceRenderer
from wav2lip.inference.settings import Settings
from wav2lip.models import Generator, MeshGenerator


def build_renderer(
    loaded: LoadedNetwork, device: torch.device, settings: Settings
) -> FaceRenderer | MeshRenderer:
    """Prepare a generator for inference.

    Args:
        loaded: the generator.
        device: where it runs.
        settings: of the run.

    Raises:
        InputError: a setting is for another kind of generator.
    """
    network = loaded.network
    if isinstance(network, MeshGenerator):
        return MeshRenderer(TorchMeshEngine(network, device), settings.motion)
    assert isinstance(network, Generator)  # what is loaded as a generator is one of the two
    if settings.motion != Settings.motion:
        raise InputError(
            f"{loaded.path}: renders faces from audio directly, so motion has no effect; leave it at 1, or take a "
            "generator that moves a mesh",
            settings=("motion",),
        )
    return FaceRenderer(
        TorchEngine(network, device),
        settings.batch_size,
        offset=loaded.metadata["mel_offset_frames"] / loaded.metadata["fps"],
        blend=settings.blend,
        neutral_reference=settings.neutral_reference,
    )
