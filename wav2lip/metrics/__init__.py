"""Scores: pure functions, thin torchmetrics classes over them; networks are arguments.

FID is `wav2lip.metrics.fid.FaceFID`: it alone needs torchvision.
"""

from wav2lip.metrics.bootstrap import BootstrapMean, Interval, bootstrap_mean, bootstrap_ratio
from wav2lip.metrics.image import MouthMSSSIM, MouthPSNR, MouthSSIM, ms_ssim, psnr, ssim
from wav2lip.metrics.jitter import Jitter, JitterRatio, jitter, jitter_ratio
from wav2lip.metrics.judges import ExpertJudge, Judge, SyncNetV2Judge
from wav2lip.metrics.leak import AgreementRatio, LeakProbe, Outputs, leak_probe
from wav2lip.metrics.lse import (
    LSEConfidence,
    LSEDistance,
    SyncCurve,
    SyncOffset,
    SyncScore,
    fine_offset,
    lse,
    mean_distances,
    sync_curve,
    sync_distances,
    window_distances,
)
from wav2lip.metrics.mfcc import mfcc
from wav2lip.metrics.mouth_motion import mouth_box, mouth_changes, mouth_region
from wav2lip.metrics.pause_motion import PauseMotionRatio, pause_motion_ratio, speech_and_pauses
from wav2lip.metrics.sharpness import SharpnessRatio, sharpness, sharpness_ratio

__all__ = [
    "AgreementRatio",
    "BootstrapMean",
    "ExpertJudge",
    "Interval",
    "Jitter",
    "JitterRatio",
    "Judge",
    "LSEConfidence",
    "LSEDistance",
    "LeakProbe",
    "MouthMSSSIM",
    "MouthPSNR",
    "MouthSSIM",
    "Outputs",
    "PauseMotionRatio",
    "SharpnessRatio",
    "SyncCurve",
    "SyncNetV2Judge",
    "SyncOffset",
    "SyncScore",
    "bootstrap_mean",
    "bootstrap_ratio",
    "fine_offset",
    "jitter",
    "jitter_ratio",
    "leak_probe",
    "lse",
    "mean_distances",
    "mfcc",
    "mouth_box",
    "mouth_changes",
    "mouth_region",
    "ms_ssim",
    "pause_motion_ratio",
    "psnr",
    "sharpness",
    "sharpness_ratio",
    "speech_and_pauses",
    "ssim",
    "sync_curve",
    "sync_distances",
    "window_distances",
]
