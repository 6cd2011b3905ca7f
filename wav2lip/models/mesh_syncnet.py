"""The sync expert of geometry: embeddings of sound and lip motion that agree if the two are in sync.

It sees the motion of a face mesh and no pixel, so that it need not learn to ignore identity, light and the place of a
crop: minutes of speech suffice. What a picture shows besides, such as teeth or a smear, it cannot judge, and it is as
good as the mesh.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wav2lip.types import (
    AUDIO_CHANNELS,
    AUDIO_PER_FRAME,
    LOWER_FACE,
    SILENCE,
    WINDOW_FRAMES,
)

KERNEL = 3  # two such convolutions read a window of five frames
SOUND_DROPOUT = 0.1  # of whole channels of the sound


class MeshSyncNet(nn.Module):
    """Embed sound and lip motion as unit vectors whose cosine measures sync.

    The networks are convolutions without padding. A series of T frames gives T - 4 embeddings: entry w is that of the
    window of frames w to w + 4, and depends on nothing else but the past that the features of speech hold.

    Args:
        width: channels.
        components: K, principal components of lip motion.
        embedding: length of the vectors.
        dropout: probability.
        points: P, points of the mesh that move.
        speech: read features of speech beneath the mel, see `wav2lip.media.audio_features`.

    Attributes:
        channels: C, of the sound: 80, or 368 with `speech`.
        window: frames that a window covers.
        vertices: (P,) int64, numbers of the points that move.
        basis: (K, P, 3) principal components times their standard deviation.

    Examples:
        >>> audio, motion = MeshSyncNet(width=8)(torch.zeros(2, 368, 30), torch.zeros(2, 10, 12))
        >>> audio.shape, motion.shape
        (torch.Size([2, 6, 64]), torch.Size([2, 6, 64]))
    """

    vertices: Tensor
    basis: Tensor

    def __init__(
        self,
        width: int = 192,
        components: int = 12,
        embedding: int = 64,
        dropout: float = 0.4,
        points: int = LOWER_FACE,
        speech: bool = True,
    ) -> None:
        super().__init__()
        self.channels = AUDIO_CHANNELS[speech]
        self.window = WINDOW_FRAMES

        def step(in_channels: int, kernel: int, stride: int = 1) -> list[nn.Module]:
            conv = nn.Conv1d(in_channels, width, kernel, stride)
            return [conv, nn.GELU(), nn.Dropout(dropout)]

        self.audio = nn.Sequential(
            nn.Dropout1d(SOUND_DROPOUT),
            *step(self.channels, AUDIO_PER_FRAME, AUDIO_PER_FRAME),
            *step(width, KERNEL),
            *step(width, KERNEL),
        )
        self.audio_embedding = nn.Conv1d(width, embedding, 1)
        self.motion = nn.Sequential(
            *step(components, KERNEL), *step(width, KERNEL), *step(width, 1)
        )
        self.motion_embedding = nn.Conv1d(width, embedding, 1)
        self.register_buffer("vertices", torch.zeros(points, dtype=torch.int64))
        self.register_buffer("basis", torch.zeros(components, points, 3))

    def embed_audio(self, audio: Tensor) -> Tensor:
        """Embed sound (B, C, 3 T), three samples a frame, as (B, T - 4, D)."""
        return _unit(self.audio_embedding(self.audio(audio / -SILENCE)))

    def embed_motion(self, motion: Tensor) -> Tensor:
        """Embed coefficients of `basis` (B, T, K), from the mean face, as (B, T - 4, D)."""
        return _unit(self.motion_embedding(self.motion(motion.transpose(1, 2))))

    def forward(self, audio: Tensor, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Embed both sides, T of at least five frames; see `embed_audio` and `embed_motion`."""
        return self.embed_audio(audio), self.embed_motion(motion)


def _unit(maps: Tensor) -> Tensor:
    """Normalise vectors (B, D, W) and put them last."""
    return F.normalize(maps, dim=1).transpose(1, 2)
