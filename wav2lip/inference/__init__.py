"""From a face and a voice to a talking video."""

from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.report import Report
from wav2lip.inference.settings import Settings

__all__ = ["LipSyncer", "Report", "Settings"]
