"""The face decoder: from the audio code up to a face, joined with the face encoder's map at each scale."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock, TransposedBlock, residual_blocks
from wav2lip.models.face_encoder import stage_strides

DECODER_CHANNELS = (64, 128, 256, 384, 512)  # from full size to 1x1, the last repeated
INNER_RESIDUALS = 1  # residual blocks after the step from 1x1
STAGE_RESIDUALS = 2  # after each later stage


def upsample(in_channels: int, out_channels: int, stride: int) -> TransposedBlock:
    """Return a block that enlarges by exactly `stride`: for 2 the published kernel 3 with output padding 1."""
    if stride == 2:
        return TransposedBlock(in_channels, out_channels, 3, 2, 1, output_padding=1)
    return TransposedBlock(in_channels, out_channels, stride, stride, 0)


class FaceDecoder(nn.ModuleList):
    """Decode an audio code with the maps of the face encoder.

    Args:
        image_size: side of the output in pixels.
        embedding: length of the audio code.
        channels: per scale, from 1x1 to full size.
        skips: channels of the encoder's maps, in the same order.
        max_residuals: limits on residual blocks, in the same order.
        use_skips: False joins only the 1x1 map, which identifies the person.

    Attributes:
        out_channels: channels of the output, the last map joined included.

    Raises:
        ValueError: `channels` does not have one entry per scale.
    """

    def __init__(
        self,
        image_size: int,
        embedding: int,
        channels: Sequence[int],
        skips: Sequence[int],
        max_residuals: Sequence[int],
        use_skips: bool,
    ) -> None:
        strides, inner = stage_strides(image_size)
        if len(channels) != len(strides) + 2:
            raise ValueError(
                f"image_size {image_size} needs {len(strides) + 2} decoder_channels, "
                f"not {len(channels)}"
            )
        joined = [c if use_skips or i == 0 else 0 for i, c in enumerate(skips)]
        first, second = channels[:2]
        blocks: list[nn.Module] = [nn.Sequential(ConvBlock(embedding, first, 1, 1, 0))]
        grow = TransposedBlock(first + joined[0], second, inner, 1, 0)
        blocks.append(
            nn.Sequential(grow, *residual_blocks(second, min(INNER_RESIDUALS, max_residuals[1])))
        )
        in_channels = second + joined[1]
        stages = zip(channels[2:], joined[2:], reversed(strides), max_residuals[2:], strict=True)
        for out_channels, skip, stride, limit in stages:
            residuals = residual_blocks(out_channels, min(STAGE_RESIDUALS, limit))
            blocks.append(nn.Sequential(upsample(in_channels, out_channels, stride), *residuals))
            in_channels = out_channels + skip
        super().__init__(blocks)
        self.out_channels = in_channels
        self.use_skips = use_skips

    def forward(self, code: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Decode codes (B, embedding, 1, 1) and maps from full size to 1x1: (B, out_channels, S, S)."""
        x = code
        for index, (block, skip) in enumerate(zip(self, reversed(maps), strict=True)):
            x = block(x)
            if self.use_skips or index == 0:
                x = torch.cat((x, skip), dim=1)
        return x
