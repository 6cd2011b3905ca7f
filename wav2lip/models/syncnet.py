"""The sync expert: does this sound belong to these five lower faces."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.models.audio_encoder import AUDIO_CHANNELS, SYNCNET_AUDIO_RESIDUALS, AudioEncoder
from wav2lip.models.blocks import ConvBlock, Pair, extend, residual_blocks, scale_channels

LIP_CHANNELS = (32, 64, 128, 256, 512, 512)  # stem, widening stage, halving stages; last repeated
LIP_RESIDUALS = (0, 2, 3, 2, 2, 0)
LIP_FRAMES = 5  # of a window
FRAME_CHANNELS = 3  # BGR
INNER = 3  # pixels; the map is halved until no side is longer
EPSILON = 1e-6  # floor of a vector's length, so that a zero vector has a finite gradient


def halved(size: int) -> int:
    """Side after a 3/2/1 convolution."""
    return (size + 1) // 2


class LipEncoder(nn.Sequential):
    """Lips (B, 3 * frames, S/2, S) -> (B, embedding, 1, 1).

    `channels` has the stem, the stage that halves the width alone, and one entry a halving stage.
    """

    def __init__(
        self,
        channels: Sequence[int],
        residuals: Sequence[int],
        collapse: tuple[int, int],
        stem_stride: int,
        embedding: int,
        *,
        rectify: bool,
        frames: int = LIP_FRAMES,
    ) -> None:
        stem, wide = channels[:2]
        layers: list[nn.Module] = [ConvBlock(FRAME_CHANNELS * frames, stem, 7, stem_stride, 3)]
        # Padding 1 for a 5x5 kernel is the published network's choice; 2 would change every shape.
        layers += [ConvBlock(stem, wide, 5, (1, 2), 1), *residual_blocks(wide, residuals[1])]
        before = wide
        for after, count in zip(channels[2:], residuals[2:], strict=True):
            layers += [ConvBlock(before, after, 3, 2, 1), *residual_blocks(after, count)]
            before = after
        kernel: Pair = collapse
        layers.append(ConvBlock(before, before, kernel, 1, 0))
        layers.append(ConvBlock(before, embedding, 1, 1, 0, rectify=rectify))
        super().__init__(*layers)


def lip_map_sizes(image_size: int, stem_stride: int) -> list[tuple[int, int]]:
    """(H, W) of the lip encoder's maps from the widening stage to the innermost one."""
    height = (image_size // 2 - 1) // stem_stride + 1
    width = (image_size - 1) // stem_stride + 1
    sizes = [(height - 2, (width - 3) // 2 + 1)]
    while max(sizes[-1]) > INNER:
        sizes.append((halved(sizes[-1][0]), halved(sizes[-1][1])))
    return sizes


class SyncNet(nn.Module):
    """The published SyncNet_color with default arguments: 16,435,072 parameters, same keys.

    forward: mel (B, 1, 80, 16), lips (B, 15, S/2, S) BGR [0, 1] -> (audio, face), each
    (B, embedding) float32 of length 1 (0 where a vector is all zero). After the published final
    ReLU the cosine of a pair lies in [0, 1].

    width: factor on every default channel count (rounded to a multiple of 8, at least 8).
    image_size: S, pixels, even; larger faces get more halving stages.
    stem_stride: 2 halves the picture in the first 7x7 convolution: a quarter of the cost.
    embedding: length of the vectors, not scaled by `width`.
    final_relu: False lets the cosine span [-1, 1], which a contrastive loss wants.
    face_channels: stem, widening stage, one a halving stage, taken as they are.
    audio_channels: five counts, taken as they are.
    max_residuals: at most so many residual blocks a stage of the face encoder.
    frames: how many of the window's five frames are seen, the middle ones (ablation of the window).
    Raises ValueError for a size or a list that does not fit.
    """

    def __init__(
        self,
        width: float = 1.0,
        image_size: int = 96,
        *,
        stem_stride: int = 1,
        embedding: int = 512,
        final_relu: bool = True,
        face_channels: Sequence[int] | None = None,
        audio_channels: Sequence[int] | None = None,
        audio_residuals: Sequence[int] = SYNCNET_AUDIO_RESIDUALS,
        max_residuals: int = 3,
        frames: int = LIP_FRAMES,
    ) -> None:
        super().__init__()
        if frames not in (1, 3, LIP_FRAMES):
            raise ValueError(f"the expert sees 1, 3 or {LIP_FRAMES} frames, not {frames}")
        if image_size % 2 or image_size < 32 or stem_stride not in (1, 2):
            raise ValueError(
                "the expert needs an even image_size of at least 32 and a stem_stride of 1 or 2, "
                f"not {image_size} and {stem_stride}"
            )
        sizes = lip_map_sizes(image_size, stem_stride)
        stages = len(sizes) + 1
        face = face_channels or scale_channels(extend(LIP_CHANNELS, stages), width)
        audio = audio_channels or scale_channels(AUDIO_CHANNELS, width)
        residuals = [min(r, max_residuals) for r in extend(LIP_RESIDUALS, stages)]
        if len(face) != stages:
            raise ValueError(f"{stages} face_channels are needed here, not {len(face)}")
        self.image_size = image_size
        self.face_encoder = LipEncoder(
            face, residuals, sizes[-1], stem_stride, embedding, rectify=final_relu, frames=frames
        )
        first = FRAME_CHANNELS * (LIP_FRAMES - frames) // 2
        self._seen = slice(first, first + FRAME_CHANNELS * frames)
        self.audio_encoder = AudioEncoder(audio, embedding, audio_residuals, rectify=final_relu)

    def embed_audio(self, mel: Tensor) -> Tensor:
        """Mel (B, 1, 80, 16) -> (B, embedding), float32, length 1."""
        return F.normalize(self.audio_encoder(mel).flatten(1).float(), dim=1, eps=EPSILON)

    def embed_face(self, lips: Tensor) -> Tensor:
        """Lips (B, 15, S/2, S) -> (B, embedding), float32, length 1."""
        return F.normalize(
            self.face_encoder(lips[:, self._seen]).flatten(1).float(), dim=1, eps=EPSILON
        )

    def forward(self, mel: Tensor, lips: Tensor) -> tuple[Tensor, Tensor]:
        """Mel (B, 1, 80, 16), lips (B, 15, S/2, S) -> (audio, face), each (B, embedding)."""
        return self.embed_audio(mel), self.embed_face(lips)
