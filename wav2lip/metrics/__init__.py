"""Scores as pure functions; networks are arguments.

FID is `wav2lip.metrics.fid.FaceFID`: it alone needs torch-fidelity and torchvision.
"""

from wav2lip.metrics.bootstrap import (
    Difference,
    Interval,
    bootstrap_mean,
    bootstrap_ratio,
    paired_difference,
)
from wav2lip.metrics.image import ms_ssim, psnr, ssim
from wav2lip.metrics.jitter import jitter, jitter_ratio
from wav2lip.metrics.judges import ExpertJudge, Judge, SyncNetV2Judge
from wav2lip.metrics.leak import LeakProbe, ProbeEmbeddings, agreement, leak_probe
from wav2lip.metrics.lse import (
    SyncCurve,
    SyncScore,
    fine_offset,
    lse,
    mean_distances,
    sync_curve,
    sync_distances,
    window_distances,
)
from wav2lip.metrics.mfcc import mfcc
from wav2lip.metrics.mouth_motion import mouth_changes, mouth_region
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.metrics.pause_motion import pause_motion_ratio, speech_and_pauses
from wav2lip.metrics.sharpness import sharpness, sharpness_ratio

__all__ = [
    "ClipOffset",
    "Difference",
    "ExpertJudge",
    "Interval",
    "Judge",
    "LeakProbe",
    "ProbeEmbeddings",
    "SyncCurve",
    "SyncNetV2Judge",
    "SyncScore",
    "agreement",
    "bootstrap_mean",
    "bootstrap_ratio",
    "clip_offset",
    "fine_offset",
    "jitter",
    "jitter_ratio",
    "leak_probe",
    "lse",
    "mean_distances",
    "mfcc",
    "mouth_changes",
    "mouth_region",
    "ms_ssim",
    "offset_scores",
    "paired_difference",
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
