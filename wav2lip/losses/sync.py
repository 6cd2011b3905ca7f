"""Audio-visual sync losses. Embeddings, cosine and cross-entropy are computed in float32.

Half precision turns a cosine of 1 into 1.0004 and the norm of a short vector into 0; both end in NaN.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-6  # keeps log() finite at a cosine of exactly 0 or 1


def cosine_bce(audio: Tensor, face: Tensor, target: Tensor) -> Tensor:
    """Compute the binary cross-entropy of the cosine, as published (Prajwal et al. 2020, section 3.1).

    Args:
        audio: (N, D) unit vectors.
        face: (N, D) unit vectors.
        target: (N,), 1 for pairs in sync and 0 for others.

    Returns:
        Scalar mean; ln 2 = 0.693 at chance.
    """
    with torch.autocast(audio.device.type, enabled=False):
        cosine = F.cosine_similarity(audio.float(), face.float()).clamp(EPSILON, 1 - EPSILON)
        return F.binary_cross_entropy(cosine, target.float())


def info_nce(logits: Tensor) -> Tensor:
    """Compute the symmetric cross-entropy of a square similarity matrix (van den Oord et al. 2018, eq. 4).

    Args:
        logits: (..., N, N), scaled similarity of audio i to face j; the pairs in sync are on the diagonal.

    Returns:
        Scalar mean; ln N at chance.
    """
    return (_first_n(logits) + _first_n(logits.transpose(-1, -2))) / 2


def _first_n(logits: Tensor) -> Tensor:
    """Compute the cross-entropy of logits (..., N, M), M at least N: entry (i, i) is the right one of row i."""
    n, m = logits.shape[-2:]
    target = torch.arange(n, device=logits.device).repeat(logits[..., 0, 0].numel())
    return F.cross_entropy(logits.reshape(-1, m), target)


def window_contrast(
    audio: Tensor,
    face: Tensor,
    scale: Tensor,
    within: float,
    margin: float = 0.0,
    other_clips: int = 0,
) -> Tensor:
    """Compute the InfoNCE of each window against its own clip's windows and against the whole batch.

    Knowing the speaker does not solve the contrast within a clip, so that part teaches sync. The contrast over the
    batch keeps the embeddings from collapsing within a clip.

    Args:
        audio: (B, W, D) unit vectors, W windows of B clips.
        face: (B, W, D) unit vectors.
        scale: scalar, the inverse temperature.
        within: weight of the contrast within the clip, in [0, 1]; the remainder is over the batch.
        margin: by how much the cosine of a matching pair must exceed the others for the same loss (Wang et al. 2018,
            "CosFace", eq. 4).
        other_clips: windows of the next clips of the batch that serve as further negatives within each clip.

    Returns:
        Scalar mean.
    """
    with torch.autocast(audio.device.type, enabled=False):
        audio, face = _at_least_float(audio), _at_least_float(face)
        own = _with_margin(scale * audio @ face.transpose(1, 2), scale * margin)
        if other_clips:
            of_faces = scale * audio @ _of_other_clips(face, other_clips).transpose(1, 2)
            of_audio = scale * face @ _of_other_clips(audio, other_clips).transpose(1, 2)
            rows = _first_n(torch.cat([own, of_faces], dim=2))
            within_clip = (rows + _first_n(torch.cat([own.transpose(1, 2), of_audio], dim=2))) / 2
        else:
            within_clip = info_nce(own)
        audio, face = audio.flatten(0, 1), face.flatten(0, 1)
        all_windows = info_nce(_with_margin(scale * audio @ face.T, scale * margin))
        return within * within_clip + (1 - within) * all_windows


def _with_margin(logits: Tensor, margin: Tensor) -> Tensor:
    """Subtract a margin (scalar) from the diagonal of logits (..., N, N)."""
    return logits - margin * torch.eye(logits.shape[-1], dtype=logits.dtype, device=logits.device)


def _at_least_float(vectors: Tensor) -> Tensor:
    """Return half precision as float32, and higher precision unchanged."""
    return vectors.to(torch.promote_types(vectors.dtype, torch.float32))


def _of_other_clips(vectors: Tensor, count: int) -> Tensor:
    """Return for each clip of (B, W, D) `count` windows of the clips after it: (B, count, D).

    The clips follow each other in a ring, and the windows are dealt out clip by clip: each comes from another clip as
    long as there are clips.
    """
    clips, windows = vectors.shape[:2]
    number = torch.arange(count, device=vectors.device)
    step = 1 + number % max(1, clips - 1)
    clip = (torch.arange(clips, device=vectors.device)[:, None] + step) % clips
    return vectors[clip, (number % windows).expand(clips, count)]


class CosineBCE(nn.Module):
    """Train a sync expert with the published objective, on windows of clips.

    Every second window keeps its own audio; the others get the audio of the window half a clip later, so that a
    negative comes from the same clip.
    """

    def forward(self, audio: Tensor, face: Tensor) -> Tensor:
        """Return the loss (scalar) of audio (B, W, D) and face (B, W, D)."""
        windows = audio.shape[1]
        shifted = audio.roll(max(1, windows // 2), dims=1)
        # Alternate windows: deterministic, and half of the pairs positive as published.
        in_sync = (torch.arange(windows, device=audio.device) % 2 == 0).expand(
            audio.shape[0], windows
        )
        paired = torch.where(in_sync[..., None], audio, shifted)
        return cosine_bce(paired.flatten(0, 1), face.flatten(0, 1), in_sync.flatten())

    @staticmethod
    def chance(clips: int, windows: int) -> float:
        """Return the loss at chance, ln 2 for any batch."""
        return math.log(2)


class WindowContrast(nn.Module):
    """Train a sync expert with `window_contrast` and a learned, bounded scale (Radford et al. 2021, section 2.5).

    Args:
        within: weight of the contrast within the clip, in [0, 1].
        scale: initial inverse temperature.
        max_scale: its upper bound.
        margin: by how much the cosine of a matching pair must exceed the others.
        other_share: share of other clips' windows among the negatives of the contrast within a clip, in [0, 1).

    Raises:
        ValueError: `other_share` is not in [0, 1).
    """

    def __init__(
        self,
        within: float = 0.7,
        scale: float = 10.0,
        max_scale: float = 50.0,
        margin: float = 0.0,
        other_share: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 <= other_share < 1:
            raise ValueError(f"other_share must be at least 0 and below 1, not {other_share}")
        self.within = within
        self.max_scale = max_scale
        self.margin = margin
        self.other_share = other_share
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    @property
    def scale(self) -> Tensor:
        """Inverse temperature."""
        return self.log_scale.exp().clamp(max=self.max_scale)

    def forward(self, audio: Tensor, face: Tensor) -> Tensor:
        """Return the loss (scalar) of audio (B, W, D) and face (B, W, D)."""
        others = self._other_clips(*audio.shape[:2])
        return window_contrast(audio, face, self.scale, self.within, self.margin, others)

    def _other_clips(self, clips: int, windows: int) -> int:
        """Return how many windows of other clips give the wanted share of the negatives."""
        if clips < 2:
            return 0
        return round((windows - 1) * self.other_share / (1 - self.other_share))

    def chance(self, clips: int, windows: int) -> float:
        """Return the loss at chance of a batch of `clips` times `windows`, without a margin."""
        own = windows + self._other_clips(clips, windows)
        return self.within * math.log(own) + (1 - self.within) * math.log(clips * windows)


class SyncBCE(nn.Module):
    """Train a generator against the published expert: -log cos(audio, face)."""

    def forward(self, audio: Tensor, face: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss (scalar) of audio (B, D) and face (B, D); negatives (B, K, D) are not used."""
        return cosine_bce(audio, face, torch.ones(len(audio), device=audio.device))


class SyncContrast(nn.Module):
    """Train a generator against a contrastive expert: a face must fit its own audio better than other audio.

    Args:
        scale: inverse temperature.
    """

    def __init__(self, scale: float = 20.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, audio: Tensor, face: Tensor, negatives: Tensor) -> Tensor:
        """Compute the cross-entropy of each face's own audio among its negatives.

        Args:
            audio: (B, D) unit vectors.
            face: (B, D) unit vectors.
            negatives: (B, K, D), audio of other moments of the same clips. These can be told apart by timing only.
                With K = 0 the rest of the batch serves as negatives, which the voice alone may tell apart.

        Returns:
            Scalar mean; at chance ln(1 + K), or ln B with K = 0.
        """
        with torch.autocast(audio.device.type, enabled=False):
            audio, face, negatives = audio.float(), face.float(), negatives.float()
            if not negatives.shape[1]:
                return info_nce(self.scale * audio @ face.T)
            candidates = torch.cat([audio[:, None], negatives], dim=1)  # (B, 1 + K, D)
            logits = self.scale * (candidates @ face[..., None]).squeeze(-1)
            first = torch.zeros(len(face), dtype=torch.long, device=face.device)
            return F.cross_entropy(logits, first)
