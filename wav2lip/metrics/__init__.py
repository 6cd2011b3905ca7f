"""Scores as pure functions; networks are arguments.

The networks of FID, FVD and LPIPS are not imported with the package: they need torch-fidelity or torchvision.
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
from wav2lip.metrics.landmark_distance import f_lmd, lmd
from wav2lip.metrics.leak import LeakProbe, ProbeEmbeddings, agreement, leak_probe, lsd
from wav2lip.metrics.lip_leak import closed_share, lip_leak, lip_leak_curve
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
from wav2lip.metrics.mouth_agreement import range_ratio, shape_correlation
from wav2lip.metrics.mouth_motion import mouth_changes, mouth_region
from wav2lip.metrics.mouth_shape import MouthShape, mouth_shape
from wav2lip.metrics.offset import ClipOffset, clip_offset, offset_scores
from wav2lip.metrics.pause_motion import pause_motion_ratio, speech_and_pauses
from wav2lip.metrics.sharpness import sharpness, sharpness_ratio
from wav2lip.metrics.theval import (
    lip_dynamics,
    lip_sync_error,
    silent_lip_stability,
    speech_and_silences,
)

__all__ = [
    "ClipOffset",
    "Difference",
    "ExpertJudge",
    "Interval",
    "Judge",
    "LeakProbe",
    "MouthShape",
    "ProbeEmbeddings",
    "SyncCurve",
    "SyncNetV2Judge",
    "SyncScore",
    "agreement",
    "bootstrap_mean",
    "bootstrap_ratio",
    "clip_offset",
    "closed_share",
    "f_lmd",
    "fine_offset",
    "jitter",
    "jitter_ratio",
    "leak_probe",
    "lip_dynamics",
    "lip_leak",
    "lip_leak_curve",
    "lip_sync_error",
    "lmd",
    "lsd",
    "lse",
    "mean_distances",
    "mfcc",
    "mouth_changes",
    "mouth_region",
    "mouth_shape",
    "ms_ssim",
    "offset_scores",
    "paired_difference",
    "pause_motion_ratio",
    "psnr",
    "range_ratio",
    "shape_correlation",
    "sharpness",
    "sharpness_ratio",
    "silent_lip_stability",
    "speech_and_pauses",
    "speech_and_silences",
    "ssim",
    "sync_curve",
    "sync_distances",
    "window_distances",
]
