"""LightningModules: what is trained, on which loss."""

from wav2lip.tasks.mouth_code import MouthCodeTask
from wav2lip.tasks.syncnet import SyncNetTask
from wav2lip.tasks.wav2lip import Wav2LipTask

__all__ = ["MouthCodeTask", "SyncNetTask", "Wav2LipTask"]
