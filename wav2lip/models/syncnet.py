"""The sync expert: embeddings of audio and lips that agree if the two are in sync."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.models.audio_encoder import AUDIO_CHANNELS, SYNCNET_AUDIO_RESIDUALS, AudioEncoder
from wav2lip.models.blocks import ConvBlock, Pair, extend, residual_blocks, scale_channels
from wav2lip.types import IMAGE_SIZE, WINDOW_FRAMES, mel_window

LIP_CHANNELS = (32, 64, 128, 256, 512, 512)  # stem, widening stage, halving stages; last repeated
LIP_RESIDUALS = (0, 2, 3, 2, 2, 0)
FRAME_CHANNELS = 3  # BGR
INNER = 3  # pixels; the map is halved until no side is longer
EPSILON = 1e-6  # smallest length of a vector, so that a zero vector has a finite gradient


def halved(size: int) -> int:
    """Return the side of a map after a convolution of kernel 3, stride 2 and padding 1."""
    return (size + 1) // 2


class LipEncoder(nn.Sequential):
    """Encode lips (B, 3 * frames, S/2, S) as vectors (B, embedding, 1, 1).

    Args:
        channels: of the stem, of the stage that halves only the width, and per halving stage.
        residuals: residual blocks, in the same order.
        collapse: kernel that reduces the innermost map to 1x1.
        stem_stride: stride of the first convolution.
        embedding: length of the vectors.
        rectify: end in a ReLU.
        frames: of the input.
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
        frames: int = WINDOW_FRAMES,
    ) -> None:
        stem, wide = channels[:2]
        layers: list[nn.Module] = [ConvBlock(FRAME_CHANNELS * frames, stem, 7, stem_stride, 3)]
        # The published network pads its 5x5 kernel by 1; 2 would change every shape.
        layers += [ConvBlock(stem, wide, 5, (1, 2), 1), *residual_blocks(wide, residuals[1])]
        in_channels = wide
        for out_channels, count in zip(channels[2:], residuals[2:], strict=True):
            layers.append(ConvBlock(in_channels, out_channels, 3, 2, 1))
            layers += residual_blocks(out_channels, count)
            in_channels = out_channels
        kernel: Pair = collapse
        layers.append(ConvBlock(in_channels, in_channels, kernel, 1, 0))
        layers.append(ConvBlock(in_channels, embedding, 1, 1, 0, rectify=rectify))
        super().__init__(*layers)


def lip_map_sizes(image_size: int, stem_stride: int) -> list[tuple[int, int]]:
    """Return (H, W) of the lip encoder's maps, from the stage that halves the width to the innermost one."""
    height = (image_size // 2 - 1) // stem_stride + 1
    width = (image_size - 1) // stem_stride + 1
    sizes = [(height - 2, (width - 3) // 2 + 1)]
    while max(sizes[-1]) > INNER:
        sizes.append((halved(sizes[-1][0]), halved(sizes[-1][1])))
    return sizes


class SyncNet(nn.Module):
    """Embed audio and lips as unit vectors whose cosine measures sync.

    With default arguments this is the published SyncNet_color: 16,435,072 parameters and the same state-dict keys. The
    shapes below are those of the default window; with `window` T they are mels (B, 1, 80, 16 T / 5) and lips
    (B, 3 T, S/2, S).

    Args:
        width: factor on every default channel count (rounded to a multiple of 8, at least 8).
        image_size: S, side of a face in pixels, even; larger faces get more halving stages.
        stem_stride: 2 halves the image in the first convolution, for a quarter of the cost.
        embedding: length of the vectors; not scaled by `width`.
        final_relu: as published, which limits the cosine to [0, 1]; False lets it span [-1, 1], as contrastive losses
            require.
        face_channels: of the stem, of the stage that halves the width, and per halving stage; not scaled by `width`.
        audio_channels: five counts; not scaled by `width`.
        audio_residuals: residual blocks of the audio encoder.
        max_residuals: limit on residual blocks per stage of the face encoder.
        frames: how many of the window's frames are used, the middle ones (ablation of the window); default: all.
        window: frames that a window covers. Generators and LSE take experts of five; with more, an expert can audit.

    Attributes:
        image_size: S.
        window: frames that a window covers.

    Raises:
        ValueError: a size or a list does not fit.

    Examples:
        >>> import torch
        >>> audio, face = SyncNet(width=0.25)(torch.zeros(2, 1, 80, 16), torch.zeros(2, 15, 48, 96))
        >>> audio.shape, face.shape
        (torch.Size([2, 512]), torch.Size([2, 512]))
    """

    def __init__(
        self,
        width: float = 1.0,
        image_size: int = IMAGE_SIZE,
        *,
        stem_stride: int = 1,
        embedding: int = 512,
        final_relu: bool = True,
        face_channels: Sequence[int] | None = None,
        audio_channels: Sequence[int] | None = None,
        audio_residuals: Sequence[int] = SYNCNET_AUDIO_RESIDUALS,
        max_residuals: int = 3,
        frames: int | None = None,
        window: int = WINDOW_FRAMES,
    ) -> None:
        super().__init__()
        if window < 1:
            raise ValueError(f"window must be at least 1 frame, not {window}")
        frames = window if frames is None else frames
        if not 0 < frames <= window or (window - frames) % 2:
            raise ValueError(
                f"frames must be {window}, or less by an even number, so that the middle ones can be used; not {frames}"
            )
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
            raise ValueError(f"face_channels needs {stages} entries here, not {len(face)}")
        self.image_size = image_size
        self.window = window
        self.face_encoder = LipEncoder(
            face, residuals, sizes[-1], stem_stride, embedding, rectify=final_relu, frames=frames
        )
        first = FRAME_CHANNELS * (window - frames) // 2
        self._used_channels = slice(first, first + FRAME_CHANNELS * frames)
        self.audio_encoder = AudioEncoder(
            audio, embedding, audio_residuals, rectify=final_relu, columns=mel_window(window)
        )

    def embed_audio(self, mel: Tensor) -> Tensor:
        """Embed mels (B, 1, 80, 16) as (B, embedding), float32, of length 1 (0 if all zero)."""
        return F.normalize(self.audio_encoder(mel).flatten(1).float(), dim=1, eps=EPSILON)

    def embed_face(self, lips: Tensor) -> Tensor:
        """Embed lips (B, 15, S/2, S), BGR in [0, 1], as (B, embedding), float32, of length 1 (0 if all zero)."""
        return F.normalize(
            self.face_encoder(self.seen(lips)).flatten(1).float(), dim=1, eps=EPSILON
        )

    def seen(self, lips: Tensor) -> Tensor:
        """Return the frames (B, 3 * frames, S/2, S) of a window (B, 15, S/2, S) that `face_encoder` reads."""
        return lips[:, self._used_channels]

    def forward(self, mel: Tensor, lips: Tensor) -> tuple[Tensor, Tensor]:
        """Embed mels (B, 1, 80, 16) and lips (B, 15, S/2, S): (audio, face), each (B, embedding)."""
        return self.embed_audio(mel), self.embed_face(lips)
