"""Pixel loss over neighbourhoods: structural similarity."""

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure


def as_frames(faces: Tensor) -> Tensor:
    """Flatten faces (B, 3, T, S, S) to frames (B * T, 3, S, S), float32."""
    return faces.transpose(1, 2).flatten(0, 1).float()


class SSIMLoss(nn.Module):
    """Compute 1 - SSIM (Wang et al. 2004, eq. 13; Gaussian window of 11 pixels), the mean over all frames."""

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        """Return the loss (scalar) of two (B, 3, T, S, S) in [0, 1]; 0 for equal images."""
        with torch.autocast(generated.device.type, enabled=False):
            ssim = structural_similarity_index_measure(
                as_frames(generated), as_frames(target), data_range=1.0
            )
        assert isinstance(ssim, Tensor)
        return 1 - ssim
