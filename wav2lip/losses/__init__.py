"""Losses: pure functions, and thin modules over them that configs can name."""

from wav2lip.losses.adversarial import adversarial_bce
from wav2lip.losses.audio_contrast import audio_contrast
from wav2lip.losses.features import feature_l1
from wav2lip.losses.lpips import LPIPSLoss
from wav2lip.losses.motion import motion_correlation, motion_error, motion_range
from wav2lip.losses.reconstruction import edge_l1, mouth_l1, mouth_psnr, weighted_l1
from wav2lip.losses.series_contrast import SeriesContrast
from wav2lip.losses.structure import SSIMLoss
from wav2lip.losses.sync import (
    CosineBCE,
    SyncBCE,
    SyncContrast,
    WindowContrast,
    cosine_bce,
    info_nce,
    window_contrast,
)

__all__ = [
    "CosineBCE",
    "LPIPSLoss",
    "SSIMLoss",
    "SeriesContrast",
    "SyncBCE",
    "SyncContrast",
    "WindowContrast",
    "adversarial_bce",
    "audio_contrast",
    "cosine_bce",
    "edge_l1",
    "feature_l1",
    "info_nce",
    "motion_correlation",
    "motion_error",
    "motion_range",
    "mouth_l1",
    "mouth_psnr",
    "weighted_l1",
    "window_contrast",
]
