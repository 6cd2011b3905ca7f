"""LightningModules that train the networks of `wav2lip.models`."""

from wav2lip.tasks.batch_norm import GlobalBatchNorm
from wav2lip.tasks.lip_motion import LipMotionTask
from wav2lip.tasks.mesh_generator import MeshGeneratorTask
from wav2lip.tasks.mesh_syncnet import MeshSyncNetTask
from wav2lip.tasks.syncnet import SyncNetTask
from wav2lip.tasks.wav2lip import Wav2LipTask
from wav2lip.tasks.wav2lip_gan import Wav2LipGANTask

__all__ = [
    "GlobalBatchNorm",
    "LipMotionTask",
    "MeshGeneratorTask",
    "MeshSyncNetTask",
    "SyncNetTask",
    "Wav2LipGANTask",
    "Wav2LipTask",
]
