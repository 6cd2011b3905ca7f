"""The networks: plain modules that need torch and nothing else."""

from wav2lip.models.generator import Generator
from wav2lip.models.judge import SyncNetV2
from wav2lip.models.mouth_encoder import MouthEncoder
from wav2lip.models.quality_discriminator import QualityDiscriminator
from wav2lip.models.syncnet import SyncNet

__all__ = ["Generator", "MouthEncoder", "QualityDiscriminator", "SyncNet", "SyncNetV2"]
