"""Scores as pure functions; networks are arguments.

The submodules load on first use, so that one score does not import the libraries of all others.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:  # type checkers do not follow lazy names
    from wav2lip.metrics.bootstrap import Difference as Difference
    from wav2lip.metrics.bootstrap import Interval as Interval
    from wav2lip.metrics.bootstrap import bootstrap_mean as bootstrap_mean
    from wav2lip.metrics.bootstrap import bootstrap_ratio as bootstrap_ratio
    from wav2lip.metrics.bootstrap import paired_difference as paired_difference
    from wav2lip.metrics.image import ms_ssim as ms_ssim
    from wav2lip.metrics.image import psnr as psnr
    from wav2lip.metrics.image import ssim as ssim
    from wav2lip.metrics.jitter import jitter as jitter
    from wav2lip.metrics.jitter import jitter_ratio as jitter_ratio
    from wav2lip.metrics.judges import ExpertJudge as ExpertJudge
    from wav2lip.metrics.judges import Judge as Judge
    from wav2lip.metrics.judges import SyncNetV2Judge as SyncNetV2Judge
    from wav2lip.metrics.landmark_distance import f_lmd as f_lmd
    from wav2lip.metrics.landmark_distance import lmd as lmd
    from wav2lip.metrics.leak import LeakProbe as LeakProbe
    from wav2lip.metrics.leak import ProbeEmbeddings as ProbeEmbeddings
    from wav2lip.metrics.leak import agreement as agreement
    from wav2lip.metrics.leak import leak_probe as leak_probe
    from wav2lip.metrics.leak import lsd as lsd
    from wav2lip.metrics.lip_leak import closed_share as closed_share
    from wav2lip.metrics.lip_leak import lip_leak as lip_leak
    from wav2lip.metrics.lip_leak import lip_leak_curve as lip_leak_curve
    from wav2lip.metrics.lse import SyncCurve as SyncCurve
    from wav2lip.metrics.lse import SyncScore as SyncScore
    from wav2lip.metrics.lse import fine_offset as fine_offset
    from wav2lip.metrics.lse import lse as lse
    from wav2lip.metrics.lse import mean_distances as mean_distances
    from wav2lip.metrics.lse import sync_curve as sync_curve
    from wav2lip.metrics.lse import sync_distances as sync_distances
    from wav2lip.metrics.lse import window_distances as window_distances
    from wav2lip.metrics.mfcc import mfcc as mfcc
    from wav2lip.metrics.mouth_agreement import range_ratio as range_ratio
    from wav2lip.metrics.mouth_agreement import shape_correlation as shape_correlation
    from wav2lip.metrics.mouth_motion import mouth_changes as mouth_changes
    from wav2lip.metrics.mouth_motion import mouth_region as mouth_region
    from wav2lip.metrics.mouth_shape import MouthShape as MouthShape
    from wav2lip.metrics.mouth_shape import mouth_shape as mouth_shape
    from wav2lip.metrics.offset import ClipOffset as ClipOffset
    from wav2lip.metrics.offset import clip_offset as clip_offset
    from wav2lip.metrics.offset import offset_scores as offset_scores
    from wav2lip.metrics.pause_motion import pause_motion_ratio as pause_motion_ratio
    from wav2lip.metrics.pause_motion import speech_and_pauses as speech_and_pauses
    from wav2lip.metrics.sharpness import sharpness as sharpness
    from wav2lip.metrics.sharpness import sharpness_ratio as sharpness_ratio
    from wav2lip.metrics.theval import lip_dynamics as lip_dynamics
    from wav2lip.metrics.theval import lip_sync_error as lip_sync_error
    from wav2lip.metrics.theval import silent_lip_stability as silent_lip_stability
    from wav2lip.metrics.theval import speech_and_silences as speech_and_silences

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bootstrap": [
            "Difference",
            "Interval",
            "bootstrap_mean",
            "bootstrap_ratio",
            "paired_difference",
        ],
        "image": ["ms_ssim", "psnr", "ssim"],
        "jitter": ["jitter", "jitter_ratio"],
        "judges": ["ExpertJudge", "Judge", "SyncNetV2Judge"],
        "landmark_distance": ["f_lmd", "lmd"],
        "leak": ["LeakProbe", "ProbeEmbeddings", "agreement", "leak_probe", "lsd"],
        "lip_leak": ["closed_share", "lip_leak", "lip_leak_curve"],
        "lse": [
            "SyncCurve",
            "SyncScore",
            "fine_offset",
            "lse",
            "mean_distances",
            "sync_curve",
            "sync_distances",
            "window_distances",
        ],
        "mfcc": ["mfcc"],
        "mouth_agreement": ["range_ratio", "shape_correlation"],
        "mouth_motion": ["mouth_changes", "mouth_region"],
        "mouth_shape": ["MouthShape", "mouth_shape"],
        "offset": ["ClipOffset", "clip_offset", "offset_scores"],
        "pause_motion": ["pause_motion_ratio", "speech_and_pauses"],
        "sharpness": ["sharpness", "sharpness_ratio"],
        "theval": ["lip_dynamics", "lip_sync_error", "silent_lip_stability", "speech_and_silences"],
    },
)
