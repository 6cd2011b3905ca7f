"""A contrast over all windows of a stretch, for sync experts whose windows overlap."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

HIDDEN = -1e4  # logit of what does not count


class SeriesContrast(nn.Module):
    """Train a sync expert: a window's own sound must fit better than the clip's other sounds, and than other clips'.

    The cross-entropy of each window among all windows of its stretch and, in the second term, among those of the whole
    batch (van den Oord et al. 2018, eq. 4), in both directions. Windows one or two frames apart share most of what
    they show; they are no negatives within the stretch.

    Args:
        within: weight of the contrast within the stretch, in [0, 1]; the remainder is over the batch.
        scale: initial inverse temperature; learned.
        max_scale: its upper bound.
        near: windows up to so many frames apart are no negatives within the stretch.
        drawn: most windows of the batch that the second term compares, evenly spaced.
    """

    def __init__(
        self,
        within: float = 0.85,
        scale: float = 10.0,
        max_scale: float = 30.0,
        near: int = 2,
        drawn: int = 512,
    ) -> None:
        super().__init__()
        self.within = within
        self.max_scale = max_scale
        self.near = near
        self.drawn = drawn
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    def forward(self, audio: Tensor, face: Tensor, counts: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            audio: (B, W, D) unit vectors of consecutive windows.
            face: (B, W, D) unit vectors.
            counts: (B, W) bool, windows that count; None: all.

        Returns:
            Scalar; 0 if no window counts.
        """
        with torch.autocast(audio.device.type, enabled=False):
            audio, face = audio.float(), face.float()
            if counts is None:
                counts = audio.new_ones(audio.shape[:2], dtype=torch.bool)
            if not counts.any():
                return 0 * (audio.sum() + face.sum())
            scale = self.log_scale.exp().clamp(max=self.max_scale)
            logits = scale * face @ audio.transpose(1, 2)
            steps = torch.arange(audio.shape[1], device=audio.device)
            apart = (steps[:, None] - steps).abs()
            hidden = ((apart > 0) & (apart <= self.near)) | ~counts[:, None]
            within = (
                _own(logits, hidden, counts) + _own(logits.transpose(1, 2), hidden, counts)
            ) / 2
            if self.within == 1:
                return within
            audio, face = audio[counts], face[counts]
            if len(audio) > self.drawn:
                chosen = torch.linspace(0, len(audio) - 1, self.drawn, device=audio.device).long()
                audio, face = audio[chosen], face[chosen]
            logits = scale * face @ audio.T
            target = torch.arange(len(audio), device=audio.device)
            batch = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
            return self.within * within + (1 - self.within) * batch

    def chance(self, clips: int, windows: int) -> float:
        """Return the loss at chance of `clips` stretches of `windows` windows that all count."""
        near = sum(
            max(0, min(windows - 1, w + self.near) - max(0, w - self.near)) for w in range(windows)
        )
        own = math.log(windows - near / windows)
        return self.within * own + (1 - self.within) * math.log(min(clips * windows, self.drawn))


def _own(logits: Tensor, hidden: Tensor, counts: Tensor) -> Tensor:
    """Compute the cross-entropy of logits (B, W, W) whose right answer is the diagonal, of the rows that count."""
    scores = logits.masked_fill(hidden, HIDDEN).log_softmax(dim=2).diagonal(0, 1, 2)
    return -scores[counts].mean()
