"""Train the sync expert."""

from typing import Any

import torch
from torch import Tensor

from wav2lip.tasks.base import Config, Task, build, to_float
from wav2lip.types import SyncBatch

MAX_SHIFT = 10  # frames searched for a clip's offset in validation
FAR = 5  # frames; a sound this far off no longer shares a frame with its window


def diagonal_means(similarity: Tensor, max_shift: int = MAX_SHIFT) -> Tensor:
    """Mean similarity of sound and face at each shift of the sound.

    Args:
        similarity: (..., W, W), face window i (rows) against sound window j, consecutive windows.
        max_shift: frames, < W.

    Returns:
        (..., 2 * max_shift + 1); entry s + max_shift is the mean over i of similarity[i, i + s].
    """
    shifts = range(-max_shift, max_shift + 1)
    return torch.stack([similarity.diagonal(s, -2, -1).mean(-1) for s in shifts], dim=-1)


def pairwise_accuracy(similarity: Tensor, far: int = FAR) -> Tensor:
    """Share of (window, sound at least `far` frames off) pairs in which the window's own sound fits better.

    Args:
        similarity: (..., W, W), face window i against sound window j, consecutive windows.
        far: frames.
    """
    windows = similarity.shape[-1]
    steps = torch.arange(windows, device=similarity.device)
    off = (steps[:, None] - steps).abs() >= far
    own = similarity.diagonal(0, -2, -1)[..., None]
    wins = (own > similarity).float() + 0.5 * (own == similarity).float()
    return wins[..., off].mean()


class SyncNetTask(Task):
    """Pull a sound and its lips together, push them apart when they are from different moments.

    Args:
        syncnet: config of `wav2lip.models.SyncNet`.
        loss: config of a loss over audio and face (B, W, D), e.g. `wav2lip.losses.WindowContrast`.
        optimizer, warmup: see `Task`.
    """

    def __init__(
        self, syncnet: Config, loss: Config, optimizer: Config, warmup: int | None = None
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.syncnet = build(syncnet)
        self.loss = build(loss)

    def embed(self, batch: SyncBatch) -> tuple[Tensor, Tensor]:
        """Unit vectors of sound and lips, each (B, W, D)."""
        size = batch["mel"].shape[:2]
        audio, face = self.syncnet(
            batch["mel"].flatten(0, 1), to_float(batch["lips"].flatten(0, 1))
        )
        return audio.unflatten(0, size), face.unflatten(0, size)

    def training_step(self, batch: SyncBatch, _: int) -> Tensor:
        audio, face = self.embed(batch)
        loss: Tensor = self.loss(self.gathered(audio), self.gathered(face))
        self.log("train/sync", loss, prog_bar=True, batch_size=len(batch["clip"]))
        return loss

    def validation_step(self, batch: SyncBatch, _: int) -> None:
        audio, face = self.embed(batch)
        similarity = face @ audio.transpose(1, 2)
        windows = similarity.shape[-1]  # few in a short validation window: search no farther
        max_shift = min(MAX_SHIFT, windows - 1)
        offset = diagonal_means(similarity, max_shift).argmax(-1) - max_shift
        loss = self.loss(audio, face)
        values: dict[str, Any] = {
            "val/loss": loss,
            "val/sync": loss,
            "val/pairwise": pairwise_accuracy(similarity, min(FAR, windows - 1)),
            "val/offset_within_1": (offset.abs() <= 1).float().mean(),
        }
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
