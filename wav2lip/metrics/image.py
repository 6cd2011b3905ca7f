"""Picture quality against the source, frame by frame: PSNR, SSIM, MS-SSIM of the mouth region.

All computed by torchmetrics; what is ours is which pixels are compared.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from wav2lip.metrics.clip_values import ClipMean
from wav2lip.metrics.mouth_motion import mouth_region

# Wang et al. (2003) weigh five scales; the mouth of a 96 px crop (48 px) has room for three.
# Their weights, scaled to sum to one.
SCALES = np.array([0.0448, 0.2856, 0.3001])
BETAS = tuple((SCALES / SCALES.sum()).tolist())


def mouth_pairs(generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    """Mouth regions of crops (T,H,W,3) uint8 -> two (T,3,H/2,W/2) in [0, 1], of one shape."""
    if generated.shape != target.shape:
        raise ValueError(f"crops differ in shape: {generated.shape} and {target.shape}")
    one, two = (
        torch.from_numpy(mouth_region(faces).transpose(0, 3, 1, 2).astype(np.float32) / 255)
        for faces in (generated, target)
    )
    return one, two


def psnr(generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """PSNR in dB over all mouth pixels of a clip (T,H,W,3); infinite for equal clips."""
    return float(peak_signal_noise_ratio(*mouth_pairs(generated, target), data_range=1.0))


def ssim(generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """Mean SSIM over frames of the mouth region; Gaussian window, sigma 1.5."""
    pairs = mouth_pairs(generated, target)
    value = structural_similarity_index_measure(*pairs, data_range=1.0)
    assert isinstance(value, Tensor)
    return float(value)


def ms_ssim(generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> float:
    """Mean three-scale SSIM over frames of the mouth region; crops of 96 px at least."""
    pairs = mouth_pairs(generated, target)
    return float(
        multiscale_structural_similarity_index_measure(*pairs, data_range=1.0, betas=BETAS)
    )


class MouthPSNR(ClipMean):
    """Mean PSNR over clips, dB; clips equal to the last bit are left out as `missing`."""

    higher_is_better = True

    def update(self, generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 of both."""
        self.add(psnr(generated, target))


class MouthSSIM(ClipMean):
    """Mean SSIM over clips."""

    higher_is_better = True

    def update(self, generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 of both."""
        self.add(ssim(generated, target))


class MouthMSSSIM(ClipMean):
    """Mean MS-SSIM over clips."""

    higher_is_better = True

    def update(self, generated: NDArray[np.uint8], target: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 of both."""
        self.add(ms_ssim(generated, target))
