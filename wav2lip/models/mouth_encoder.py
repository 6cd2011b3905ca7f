"""From a lower face to a few numbers that say how the mouth stands: the generator's oracle in training."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock

MOUTH_CHANNELS = (24, 48, 96)
FOLD = 2  # pixels a side that become channels: colour and position at half the size
BGR = 3


class MouthEncoder(nn.Module):
    """Lower faces of clips -> codes without the person: each clip's mean is taken out.

    forward: lips (B, N, 3, S/2, S) BGR in [0, 1], N frames of each of B clips -> (B, N, code),
    every number about zero with variance one over the batch. What stays the same within a clip
    (whose mouth it is, light, make-up) cancels; what is left is how the mouth differs from its mean.

    image_size: S, pixels, a multiple of 16. code: numbers a mouth. channels: one count a halving.
    """

    def __init__(
        self, image_size: int = 96, code: int = 16, channels: Sequence[int] = MOUTH_CHANNELS
    ) -> None:
        super().__init__()
        halvings = FOLD << len(channels)
        if image_size % (2 * halvings):
            raise ValueError(f"image_size must be a multiple of {2 * halvings}, not {image_size}")
        self.blocks = nn.Sequential(
            *(ConvBlock(a, b, 3, 2, 1) for a, b in pairwise((BGR * FOLD**2, *channels)))
        )
        side = image_size // halvings
        self.mouth_code = nn.Linear(channels[-1] * side * side // 2, code)
        self.scale = nn.BatchNorm1d(code, affine=False)

    def forward(self, lips: Tensor) -> Tensor:
        """(B, N, 3, S/2, S) -> (B, N, code)."""
        maps = self.blocks(F.pixel_unshuffle(lips.flatten(0, 1), FOLD))
        codes = self.mouth_code(maps.flatten(1)).view(*lips.shape[:2], -1)
        codes = codes - codes.mean(dim=1, keepdim=True)
        scaled: Tensor = self.scale(codes.flatten(0, 1))
        return scaled.view_as(codes)
