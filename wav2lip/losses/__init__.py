"""Loss functions: pure functions, and thin modules over them for the configs to name."""

from wav2lip.losses.adversarial import adversarial_bce
from wav2lip.losses.features import feature_l1
from wav2lip.losses.listening import listening_loss
from wav2lip.losses.reconstruction import edge_l1, masked_l1, mouth_l1
from wav2lip.losses.structure import LPIPSLoss, SSIMLoss
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
    "SyncBCE",
    "SyncContrast",
    "WindowContrast",
    "adversarial_bce",
    "cosine_bce",
    "edge_l1",
    "feature_l1",
    "info_nce",
    "listening_loss",
    "masked_l1",
    "mouth_l1",
    "window_contrast",
]
