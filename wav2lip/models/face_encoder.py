"""The face encoder: from a face down to one vector; the decoder gets the map of every scale."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock, residual_blocks

FACE_CHANNELS = (16, 32, 64, 128, 256, 512)  # from full size to 1x1, the last repeated
FACE_RESIDUALS = (0, 2, 3, 2, 2, 1)  # in the same order
INNER_SIZES = range(3, 8)  # pixels; sides of the innermost map that one kernel reduces to 1x1


def stage_strides(image_size: int) -> tuple[list[int], int]:
    """Return the strides from full size inwards, and the side of the innermost map in pixels.

    All divisions are exact, so that the decoder's maps have the sizes of the encoder's.

    Raises:
        ValueError: the size does not divide down to 3-7 pixels.

    Examples:
        >>> stage_strides(96), stage_strides(288)
        (([2, 2, 2, 2, 2], 3), ([2, 2, 2, 2, 2, 3], 3))
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
    """Encode faces as one map per scale, from full size to 1x1.

    Args:
        image_size: S, side of a face in pixels.
        channels: per scale: full size, one per stride, and 1x1.
        residuals: residual blocks per scale.
        in_channels: of the faces.
        stem: kernel and padding of the first convolution.

    Raises:
        ValueError: `image_size` or the number of channels does not fit.
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
        for (previous, current), stride, count in steps:
            down = ConvBlock(previous, current, 3, stride, 1 if stride == 2 else 0)
            blocks.append(nn.Sequential(down, *residual_blocks(current, count)))
        last = channels[-1]
        collapse = ConvBlock(channels[-2], last, inner, 1, 0)
        blocks.append(nn.Sequential(collapse, ConvBlock(last, last, 1, 1, 0)))
        super().__init__(blocks)

    def forward(self, faces: Tensor) -> list[Tensor]:
        """Encode faces (B, in_channels, S, S) as maps (B, channels[i], ...) from full size to 1x1."""
        maps = []
        for block in self:
            faces = block(faces)
            maps.append(faces)
        return maps
