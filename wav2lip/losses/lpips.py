"""LPIPS as a loss."""

from pathlib import Path

import torch
from torch import Tensor, nn

from wav2lip.losses.structure import as_frames
from wav2lip.utils.lpips import load_lpips


class LPIPSLoss(nn.Module):
    """Compute the learned perceptual image patch similarity, the mean over all frames.

    Args:
        weights: see `load_lpips`.

    Raises:
        InputError: see `load_lpips`.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
        self.network = load_lpips(Path(weights))

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        """Return the loss (scalar) of two (B, 3, T, S, S), BGR in [0, 1]; 0 for equal images."""
        with torch.autocast(generated.device.type, enabled=False):
            rgb = [as_frames(faces).flip(1) for faces in (generated, target)]
            distance: Tensor = self.network(*rgb, normalize=True)
        return distance.mean()
