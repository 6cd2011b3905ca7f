"""The mouth encoder: lower faces to short codes of the shape of the mouth, for pre-training the generator."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock
from wav2lip.types import IMAGE_SIZE

MOUTH_CHANNELS = (24, 48, 96)
FOLD = 2  # factor of the pixel-unshuffle: half the size, four times the channels
BGR = 3


class MouthEncoder(nn.Module):
    """Encode mouths as codes from which the mean of their clip is subtracted.

    What is constant within a clip (the person, light, make-up) cancels. The code describes how a mouth differs from
    the clip's mean. Each number has mean 0 and variance 1 over a training batch.

    Args:
        image_size: S, side of a face in pixels; a multiple of 4 * 2^len(channels).
        code: numbers per mouth.
        channels: per halving.

    Raises:
        ValueError: `image_size` is not such a multiple.
    """

    def __init__(
        self, image_size: int = IMAGE_SIZE, code: int = 16, channels: Sequence[int] = MOUTH_CHANNELS
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
        """Encode lower faces (B, N, 3, S/2, S), BGR in [0, 1], of N frames of each of B clips: (B, N, code)."""
        maps = self.blocks(F.pixel_unshuffle(lips.flatten(0, 1), FOLD))
        codes = self.mouth_code(maps.flatten(1)).view(*lips.shape[:2], -1)
        codes = codes - codes.mean(dim=1, keepdim=True)
        scaled: Tensor = self.scale(codes.flatten(0, 1))
        return scaled.view_as(codes)
