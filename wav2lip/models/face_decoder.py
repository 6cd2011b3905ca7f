"""From one vector of sound back up to a face, meeting the encoder's map at each scale."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from wav2lip.models.blocks import ConvBlock, TransposedBlock, residual_blocks
from wav2lip.models.face_encoder import stage_strides

DECODER_CHANNELS = (64, 128, 256, 384, 512)  # from full size inwards, the last repeated
INNER_RESIDUALS = 1  # after the step from 1x1; every later stage has STAGE_RESIDUALS
STAGE_RESIDUALS = 2


def upsample(before: int, after: int, stride: int) -> TransposedBlock:
    """Exactly `stride` times larger; the published 3/2/1 with output padding 1 for stride 2."""
    if stride == 2:
        return TransposedBlock(before, after, 3, 2, 1, output_padding=1)
    return TransposedBlock(before, after, stride, stride, 0)


class FaceDecoder(nn.ModuleList):
    """Sound (B, embedding, 1, 1) and the encoder's maps -> (B, decoder[-1] + skip, S, S).

    `channels` (from 1x1 to full size) has one entry a stage, `skips` the encoder's channels and
    `max_residuals` the most residual blocks in the same order. With `use_skips` False only the 1x1
    map of the face is joined, without which the decoder would not know whose face to draw.
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
        before = second + joined[1]
        stages = zip(channels[2:], joined[2:], reversed(strides), max_residuals[2:], strict=True)
        for after, skip, stride, most in stages:
            rest = residual_blocks(after, min(STAGE_RESIDUALS, most))
            blocks.append(nn.Sequential(upsample(before, after, stride), *rest))
            before = after + skip
        super().__init__(blocks)
        self.out_channels = before
        self.use_skips = use_skips

    def forward(self, sound: Tensor, maps: Sequence[Tensor]) -> Tensor:
        """Sound (B, embedding, 1, 1) and maps from full size to 1x1 -> (B, out_channels, S, S)."""
        x = sound
        for index, (block, skip) in enumerate(zip(self, reversed(maps), strict=True)):
            x = block(x)
            if self.use_skips or index == 0:
                x = torch.cat((x, skip), dim=1)
        return x
