"""The networks: plain `nn.Module`s that need nothing but torch."""

from wav2lip.models.discriminator import QualityDiscriminator
from wav2lip.models.generator import Generator
from wav2lip.models.lip_motion import LipMotion
from wav2lip.models.mesh_generator import MeshGenerator
from wav2lip.models.mesh_syncnet import MeshSyncNet
from wav2lip.models.mouth_inpainter import MouthInpainter
from wav2lip.models.patch_discriminator import PatchDiscriminator
from wav2lip.models.syncnet import SyncNet
from wav2lip.models.syncnet_v2 import SyncNetV2

__all__ = [
    "Generator",
    "LipMotion",
    "MeshGenerator",
    "MeshSyncNet",
    "MouthInpainter",
    "PatchDiscriminator",
    "QualityDiscriminator",
    "SyncNet",
    "SyncNetV2",
]
