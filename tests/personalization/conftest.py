"""A generator that moves a mesh and knows nothing yet, and clips of people whose mouths open with their voices."""

from pathlib import Path

import pytest
import torch
from motion_clips import write_motion_clip

from wav2lip.checkpoints import save_network
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.motion_basis import motion_basis
from wav2lip.models import MeshGenerator

ARGUMENTS = {
    "inpainter_width": 0.25,
    "width": 32,
    "stacks": 1,
    "dilations": [1, 2],
    "components": 4,
}


@pytest.fixture(scope="session")
def generator() -> MeshGenerator:
    torch.manual_seed(3)
    network = MeshGenerator(**ARGUMENTS)
    basis = motion_basis()
    network.motion.vertices.copy_(torch.from_numpy(basis.vertices))
    network.motion.basis.copy_(torch.from_numpy(basis.components[:4]))
    network.motion.scale_motion(7.5)
    return network.eval()


@pytest.fixture(scope="session")
def mesh_checkpoint(generator, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mesh") / "mesh.safetensors"
    config = {"_target_": "wav2lip.models.MeshGenerator", **ARGUMENTS}
    save_network(path, generator, config, {"fps": 25, "face_crop": "aligned"}, half=False)
    return path


@pytest.fixture(scope="session")
def person(tmp_path_factory) -> list[Clip]:
    """Two clips of 8 and 6 seconds of one voice."""
    folder = tmp_path_factory.mktemp("person")
    rows = [write_motion_clip(folder, f"take{n}", "train", 4, 8.0 - 2 * n) for n in range(2)]
    return [Clip(folder / row.clip, row) for row in rows]
