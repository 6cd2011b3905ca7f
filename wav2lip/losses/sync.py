"""Audio-visual sync losses. Embeddings, cosine and cross-entropy are computed in float32.

Half precision turns a cosine of one into 1.0004 and a small vector's norm into zero; both end in NaN.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-6  # keeps log() finite at a cosine of exactly 0 or 1


def cosine_bce(audio: Tensor, face: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of the cosine, as published (Prajwal et al. 2020, section 3.1).

    Args:
        audio: (N, D) unit vectors.
        face: (N, D) unit vectors.
        target: (N,) 1 for in sync, 0 for off.

    Returns:
        Scalar mean, ln 2 = 0.693 for a network that cannot tell.
    """
    with torch.autocast(audio.device.type, enabled=False):
        cosine = F.cosine_similarity(audio.float(), face.float()).clamp(EPSILON, 1 - EPSILON)
        return F.binary_cross_entropy(cosine, target.float())


def info_nce(logits: Tensor) -> Tensor:
    """Symmetric cross-entropy of a square matrix of similarities (van den Oord et al. 2018, eq. 4).

    Args:
        logits: (..., N, N), scaled similarity of sound i to picture j; the pairs in sync are the diagonal.

    Returns:
        Scalar mean; ln N for a network that cannot tell.
    """
    n = logits.shape[-1]
    target = torch.arange(n, device=logits.device).repeat(logits[..., 0, 0].numel())
    rows = F.cross_entropy(logits.reshape(-1, n), target)
    columns = F.cross_entropy(logits.transpose(-1, -2).reshape(-1, n), target)
    return (rows + columns) / 2


def window_contrast(audio: Tensor, face: Tensor, scale: Tensor, within: float) -> Tensor:
    """InfoNCE of each window against its own clip's windows and against the whole batch.

    Contrast within a clip cannot be solved by knowing the speaker, so it is what teaches sync;
    contrast over the batch keeps the embedding from collapsing within a clip.

    Args:
        audio: (B, W, D) unit vectors, W windows of B clips.
        face: (B, W, D) unit vectors.
        scale: scalar, the inverse temperature.
        within: weight of the contrast within the clip, in [0, 1]; the rest is over the batch.
    """
    with torch.autocast(audio.device.type, enabled=False):
        audio, face = audio.float(), face.float()
        own = info_nce(scale * audio @ face.transpose(1, 2))
        all_windows = info_nce(scale * audio.flatten(0, 1) @ face.flatten(0, 1).T)
        return within * own + (1 - within) * all_windows


class CosineBCE(nn.Module):
    """The published objective on windows of clips: each sound with its own face, or with another of its clip.

    forward: audio (B, W, D), face (B, W, D) -> scalar. Half of the sounds are moved on by half the
    windows, so that a negative comes from the same clip.
    """

    def forward(self, audio: Tensor, face: Tensor) -> Tensor:
        windows = audio.shape[1]
        moved = audio.roll(max(1, windows // 2), dims=1)
        # Alternate windows: deterministic, and half positive as published.
        in_sync = (torch.arange(windows, device=audio.device) % 2 == 0).expand(
            audio.shape[0], windows
        )
        heard = torch.where(in_sync[..., None], audio, moved)
        return cosine_bce(heard.flatten(0, 1), face.flatten(0, 1), in_sync.flatten())

    @staticmethod
    def chance(clips: int, windows: int) -> float:
        """The loss of an expert that cannot tell, at any batch of `clips` times `windows`."""
        return math.log(2)


class WindowContrast(nn.Module):
    """Contrast within the clip and over the batch, with a learned, bounded scale (Radford et al. 2021, 2.5).

    forward: audio (B, W, D), face (B, W, D) -> scalar.
    """

    def __init__(self, within: float = 0.7, scale: float = 10.0, max_scale: float = 50.0) -> None:
        super().__init__()
        self.within = within
        self.max_scale = max_scale
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    @property
    def scale(self) -> Tensor:
        """The inverse temperature."""
        return self.log_scale.exp().clamp(max=self.max_scale)

    def forward(self, audio: Tensor, face: Tensor) -> Tensor:
        return window_contrast(audio, face, self.scale, self.within)

    def chance(self, clips: int, windows: int) -> float:
        """The loss of an expert that cannot tell, for a batch of `clips` times `windows`."""
        return self.within * math.log(windows) + (1 - self.within) * math.log(clips * windows)


class SyncBCE(nn.Module):
    """What the generator pays the published expert: -log cosine of its face and the sound.

    forward: audio (B, D), face (B, D), negatives (B, K, D), which it does not hear -> scalar.
    """

    def forward(self, audio: Tensor, face: Tensor, negatives: Tensor) -> Tensor:
        return cosine_bce(audio, face, torch.ones(len(audio), device=audio.device))


class SyncContrast(nn.Module):
    """What the generator pays a contrastive expert: its face must fit its sound better than other sounds.

    forward: audio (B, D), face (B, D), negatives (B, K, D) of the same clips -> scalar. With K of 0 the
    negatives are the batch's (ln B where a face fits none better); these a voice alone may tell apart.
    With negatives of its own clip (ln(1 + K) where it fits none better) only the moment can.
    """

    def __init__(self, scale: float = 20.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, audio: Tensor, face: Tensor, negatives: Tensor) -> Tensor:
        with torch.autocast(audio.device.type, enabled=False):
            audio, face, negatives = audio.float(), face.float(), negatives.float()
            if not negatives.shape[1]:
                return info_nce(self.scale * audio @ face.T)
            sounds = torch.cat([audio[:, None], negatives], dim=1)  # (B, 1 + K, D)
            logits = self.scale * (sounds @ face[..., None]).squeeze(-1)
            first = torch.zeros(len(face), dtype=torch.long, device=face.device)
            return F.cross_entropy(logits, first)
