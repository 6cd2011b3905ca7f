"""Fréchet distance between two sets of features, as in FID and FVD.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017).
"""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wav2lip.types import Image

Set = NDArray[np.float32]  # (N,D)


class FeatureNetwork(Protocol):
    """Computes features of the face crops of one video."""

    def __call__(self, faces: Image) -> Set:
        """Face crops (T,H,W,3) uint8 BGR -> (N,D)."""
        ...


class _Given(nn.Module):
    """Stands for the network of torchmetrics where the features are known."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def frechet_distance(real: Set, generated: Set) -> float:
    """Fréchet distance of two sets of features, each taken for a normal distribution.

    Args:
        real: (N,D).
        generated: (M,D).

    Returns:
        0 or more; 0 for equal moments. NaN for fewer than two features on a side.

    Raises:
        ValueError: the features differ in length.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance  # a base install does without it

    if real.shape[1:] != generated.shape[1:] or real.ndim != 2:
        raise ValueError(f"features must be (N,D) and (M,D), not {real.shape}, {generated.shape}")
    if min(len(real), len(generated)) < 2:
        return float("nan")
    metric = FrechetInceptionDistance(_Given(real.shape[1]))
    metric.update(torch.from_numpy(np.ascontiguousarray(real)), real=True)
    metric.update(torch.from_numpy(np.ascontiguousarray(generated)), real=False)
    return float(metric.compute())
