"""The audio encoder: mel windows to vectors. Generator and sync expert use the same stack."""

from collections.abc import Sequence

import torch
from torch import nn

from wav2lip.models.blocks import ConvBlock, Pair, residual_blocks
from wav2lip.types import MEL_WINDOW

AUDIO_CHANNELS = (32, 64, 128, 256, 512)
AUDIO_STRIDES: tuple[Pair, ...] = (1, (3, 1), 3, (3, 2))  # (80, 16) -> (27, 16) -> (9, 6) -> (3, 3)
GENERATOR_AUDIO_RESIDUALS = (2, 2, 2, 1)
SYNCNET_AUDIO_RESIDUALS = (2, 2, 2, 2)


INNER_BANDS = 3  # rows of the innermost map


def inner_columns(columns: int) -> int:
    """Return the columns of the innermost map of a mel window, which one kernel reduces to 1: 3 for 16."""
    for stride in AUDIO_STRIDES:
        step = stride if isinstance(stride, int) else stride[1]
        columns = (columns - 1) // step + 1
    return columns


class AudioEncoder(nn.Sequential):
    """Map mel windows (B, 1, 80, columns) to vectors (B, embedding, 1, 1).

    Args:
        channels: of the five stages.
        embedding: length of the vectors.
        residuals: residual blocks after each of the first four stages. They are all that differs between the published
            generator (2, 2, 2, 1) and the published expert (2, 2, 2, 2).
        rectify: end in a ReLU.
        columns: width of a mel window.

    Raises:
        ValueError: a list of another length.
    """

    def __init__(
        self,
        channels: Sequence[int],
        embedding: int,
        residuals: Sequence[int],
        *,
        rectify: bool = True,
        columns: int = MEL_WINDOW,
    ) -> None:
        stages = len(AUDIO_STRIDES)
        if len(channels) != stages + 1 or len(residuals) != stages:
            raise ValueError(
                f"the audio encoder needs {stages + 1} channel counts and {stages} residual counts, "
                f"not {list(channels)} and {list(residuals)}"
            )
        layers: list[nn.Module] = []
        in_channels = 1
        for out_channels, stride, count in zip(channels, AUDIO_STRIDES, residuals, strict=False):
            layers.append(ConvBlock(in_channels, out_channels, 3, stride, 1))
            layers += residual_blocks(out_channels, count)
            in_channels = out_channels
        layers.append(
            ConvBlock(in_channels, channels[-1], (INNER_BANDS, inner_columns(columns)), 1, 0)
        )
        layers.append(ConvBlock(channels[-1], embedding, 1, 1, 0, rectify=rectify))
        super().__init__(*layers)

    def scale_motion(self, factor: float) -> None:
        """Multiply the output by `factor`, in the norm of the last block, so that mouths move more.

        An encoder trained on squared or absolute error predicts the mean of all mouths that fit a sound, which moves
        too little.
        """
        norm = [m for m in self.modules() if isinstance(m, nn.BatchNorm2d)][-1]
        with torch.no_grad():
            norm.weight.mul_(factor)
            norm.bias.mul_(factor)


def copy_audio_encoder(target: nn.Module, source: nn.Module) -> int:
    """Copy the weights of the leading blocks whose shapes agree, from one audio encoder to another.

    Copying ends at the first block that differs. The published expert has one block more than the generator, so the
    blocks after it are at other depths.

    Returns:
        The number of blocks copied.
    """
    copied = 0
    for own, other in zip(target.children(), source.children(), strict=False):
        state, given = own.state_dict(), other.state_dict()
        if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in given.items()}:
            break
        own.load_state_dict(given)
        copied += 1
    return copied
