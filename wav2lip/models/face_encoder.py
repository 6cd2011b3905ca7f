"""From a face crop down to one vector, every scale kept for the decoder."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock, residual_blocks

FACE_CHANNELS = (16, 32, 64, 128, 256, 512)  # from full size inwards, the last repeated
FACE_RESIDUALS = (0, 2, 3, 2, 2, 1)
INNER_SIZES = range(3, 8)  # side of the innermost map, in pixels, that one kernel can collapse


def stage_strides(image_size: int) -> tuple[list[int], int]:
    """Strides from full size inwards and the side of the innermost map, at least 3 pixels.

    96 -> ([2, 2, 2, 2, 2], 3); 288 -> ([2, 2, 2, 2, 2, 3], 3); 256 -> ([2, 2, 2, 2, 2, 2], 4).
    Only exact divisions are used, so that the decoder meets each skip at its own size.
    """
    strides: list[int] = []
    inner = image_size
    for stride in (2, 3):
        while inner % stride == 0 and inner // stride >= INNER_SIZES.start:
            strides.append(stride)
            inner //= stride
    if inner not in INNER_SIZES:
        raise ValueError(
            f"image_size {image_size} does not halve down to {INNER_SIZES.start}-"
            f"{INNER_SIZES.stop - 1} pixels; use 48, 96, 192, 288 or 384"
        )
    return strides, inner


class FaceEncoder(nn.ModuleList):
    """Faces (B, 6, S, S) -> one map a scale, from (B, c0, S, S) to (B, c_last, 1, 1).

    `channels` has one entry a scale: full size, one a stride, and the collapsed one last;
    `stem` is the first kernel and its padding.
    """

    def __init__(
        self,
        image_size: int,
        channels: Sequence[int],
        residuals: Sequence[int],
        in_channels: int,
        stem: tuple[int, int],
    ) -> None:
        strides, inner = stage_strides(image_size)
        if len(channels) != len(strides) + 2:
            raise ValueError(
                f"image_size {image_size} needs {len(strides) + 2} face_channels, "
                f"not {len(channels)}"
            )
        kernel, padding = stem
        blocks: list[nn.Module] = [
            nn.Sequential(ConvBlock(in_channels, channels[0], kernel, 1, padding))
        ]
        steps = zip(pairwise(channels), strides, residuals[1:], strict=False)
        for (before, after), stride, count in steps:
            down = ConvBlock(before, after, 3, stride, 1 if stride == 2 else 0)
            blocks.append(nn.Sequential(down, *residual_blocks(after, count)))
        last = channels[-1]
        collapse = ConvBlock(channels[-2], last, inner, 1, 0)
        blocks.append(nn.Sequential(collapse, ConvBlock(last, last, 1, 1, 0)))
        super().__init__(blocks)

    def forward(self, faces: Tensor) -> list[Tensor]:
        """Faces (B, 6, S, S) -> the maps from full size to 1x1."""
        maps = []
        for block in self:
            faces = block(faces)
            maps.append(faces)
        return maps
