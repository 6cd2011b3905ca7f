"""From a mel window to one vector; generator and sync expert hear through the same stack."""

from collections.abc import Sequence

import torch
from torch import nn

from wav2lip.models.blocks import ConvBlock, Pair, residual_blocks

AUDIO_CHANNELS = (32, 64, 128, 256, 512)
AUDIO_STRIDES: tuple[Pair, ...] = (1, (3, 1), 3, (3, 2))  # (80, 16) -> (27, 16) -> (9, 6) -> (3, 3)
GENERATOR_AUDIO_RESIDUALS = (2, 2, 2, 1)
SYNCNET_AUDIO_RESIDUALS = (2, 2, 2, 2)


class AudioEncoder(nn.Sequential):
    """Mel windows (B, 1, 80, 16) -> (B, embedding, 1, 1).

    `channels` are the five stages' channels; `residuals` the residual blocks after the first four,
    which is all that differs between the published generator (2, 2, 2, 1) and expert (2, 2, 2, 2).
    """

    def __init__(
        self,
        channels: Sequence[int],
        embedding: int,
        residuals: Sequence[int],
        *,
        rectify: bool = True,
    ) -> None:
        stages = len(AUDIO_STRIDES)
        if len(channels) != stages + 1 or len(residuals) != stages:
            raise ValueError(
                f"the audio encoder has {stages + 1} channel counts and {stages} residual counts, "
                f"not {list(channels)} and {list(residuals)}"
            )
        layers: list[nn.Module] = []
        before = 1
        for after, stride, count in zip(channels, AUDIO_STRIDES, residuals, strict=False):
            layers += [ConvBlock(before, after, 3, stride, 1), *residual_blocks(after, count)]
            before = after
        layers.append(ConvBlock(before, channels[-1], 3, 1, 0))
        layers.append(ConvBlock(channels[-1], embedding, 1, 1, 0, rectify=rectify))
        super().__init__(*layers)

    def scale_motion(self, factor: float) -> None:
        """Scale what is heard by `factor`, in the norm of the last block: mouths move as much more.

        An ear trained on squared or absolute error gives the middle of all mouths that fit a sound,
        which moves too little.
        """
        norm = [m for m in self.modules() if isinstance(m, nn.BatchNorm2d)][-1]
        with torch.no_grad():
            norm.weight.mul_(factor)
            norm.bias.mul_(factor)
