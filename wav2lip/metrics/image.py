"""Image quality of the mouth region against the source, frame by frame: PSNR, SSIM, MS-SSIM by torchmetrics.

torchmetrics is imported on use: a base install, which only runs generators, does without it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wav2lip.metrics.mouth_motion import mouth_region
from wav2lip.types import Image

# Wang et al. (2003) weigh five scales; the mouth of a 96 px crop (48 px) has room for three.
# Their weights, scaled to sum to one.
SCALES = np.array([0.0448, 0.2856, 0.3001])
BATCH = 64  # frames measured at a time
BETAS = tuple((SCALES / SCALES.sum()).tolist())


def mouth_pairs(generated: Image, target: Image) -> tuple[Tensor, Tensor]:
    """Cut the mouth regions of two clips as torchmetrics takes them.

    Args:
        generated: (T,H,W,3) face crops.
        target: (T,H,W,3) face crops of the same frames.

    Returns:
        Two tensors (T,3,H/2,W/2) in [0, 1].

    Raises:
        ValueError: the two differ in shape, or are no uint8 crops.
    """
    if generated.shape != target.shape:
        raise ValueError(f"crops differ in shape: {generated.shape} and {target.shape}")
    one, two = (
        torch.from_numpy(mouth_region(faces).transpose(0, 3, 1, 2).astype(np.float32) / 255)
        for faces in (generated, target)
    )
    return one, two


def _mean_over_frames(
    metric: Callable[[Tensor, Tensor], Any], generated: Image, target: Image
) -> float:
    """Mean of a metric over the frames of a clip, a batch of them at a time: memory does not grow with its length."""
    total = 0.0
    for first in range(0, len(target), BATCH):
        part = slice(first, first + BATCH)
        pairs = mouth_pairs(generated[part], target[part])
        total += float(metric(*pairs)) * len(pairs[0])
    return total / len(target)


def psnr(generated: Image, target: Image) -> float:
    """PSNR in dB over all mouth pixels of a clip (T,H,W,3); infinite for equal clips."""
    from torchmetrics.functional.image import peak_signal_noise_ratio

    return float(peak_signal_noise_ratio(*mouth_pairs(generated, target), data_range=1.0))


def ssim(generated: Image, target: Image) -> float:
    """Mean SSIM of the mouth region over the frames of a clip (T,H,W,3).

    Gaussian window, sigma 1.5: Wang et al., "Image quality assessment" (2004).
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    metric = partial(structural_similarity_index_measure, data_range=1.0)
    return _mean_over_frames(metric, generated, target)


def ms_ssim(generated: Image, target: Image) -> float:
    """Mean three-scale SSIM of the mouth region over the frames of a clip (T,H,W,3), H and W at least 96.

    Wang et al., "Multiscale structural similarity" (2003), with three of its five scales.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    metric = partial(multiscale_structural_similarity_index_measure, data_range=1.0, betas=BETAS)
    return _mean_over_frames(metric, generated, target)
