"""Train the sync expert of geometry."""

from typing import Any

import torch
from torch import Tensor

from wav2lip.data.motion_basis import motion_basis
from wav2lip.errors import InputError
from wav2lip.tasks.base import Task
from wav2lip.tasks.build import Config, build
from wav2lip.tasks.syncnet import MIN_DISTANCE, VAL_MAX_SHIFT, diagonal_means, pairwise_accuracy
from wav2lip.types import MeshSyncBatch


class MeshSyncNetTask(Task):
    """Train `wav2lip.models.MeshSyncNet`: embeddings of sound and lip motion agree if they are of the same moment.

    Logs what `SyncNetTask` logs. Validation batches hold one whole clip.

    Args:
        syncnet: config of `wav2lip.models.MeshSyncNet`.
        loss: config of `wav2lip.losses.SeriesContrast`.
        optimizer: see `Task`.
        warmup: see `Task`.

    Raises:
        InputError: the network has other points or components than the motion basis.
    """

    figures = ("train/sync", "val/sync", "val/pairwise")

    def __init__(
        self, syncnet: Config, loss: Config, optimizer: Config, warmup: int | None = None
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.syncnet = build(syncnet)
        self.loss = build(loss)
        basis = motion_basis()
        if self.syncnet.basis.shape != basis.components.shape:
            raise InputError(
                f"the motion basis has {len(basis.components)} components of {len(basis.vertices)} points, the "
                f"network {len(self.syncnet.basis)} of {self.syncnet.basis.shape[1]}; leave out components and points"
            )
        self.syncnet.vertices.copy_(torch.tensor(basis.vertices))
        self.syncnet.basis.copy_(torch.tensor(basis.components))

    def windows_in(self, batch: MeshSyncBatch) -> tuple[int, int]:
        """Return the clips of a batch, and how many windows of each it shows."""
        clips, frames = batch["seen"].shape
        return clips, frames - self.syncnet.window + 1

    def counting(self, seen: Tensor) -> Tensor:
        """Return which windows (B, W) hold only frames (B, T) that are seen."""
        return seen.unfold(1, self.syncnet.window, 1).all(dim=-1)

    def training_step(self, batch: MeshSyncBatch, _: int) -> Tensor:
        audio, face = self.syncnet(batch["audio"], batch["motion"])
        counts = self.counting(batch["seen"])
        vectors = map(self.gather_across_processes, (audio, face))
        everywhere = self.gather_across_processes(counts.to(audio.dtype)) > 0
        loss: Tensor = self.loss(*vectors, everywhere)
        clips, windows = everywhere.shape
        chance = self.loss.chance(clips, windows)
        self.chance |= {"train/sync": chance, "train/chance_ratio": 1.0}
        values = {"train/sync": loss.detach(), "train/chance_ratio": loss.detach() / chance}
        self.log_dict(values, batch_size=len(counts))
        return loss

    def on_validation_epoch_start(self) -> None:
        self._chances: list[float] = []  # of the clips' losses, which depend on their length

    def validation_step(self, batch: MeshSyncBatch, _: int) -> None:
        audio, face = self.syncnet(batch["audio"], batch["motion"])
        counts = self.counting(batch["seen"])
        loss = self.loss(audio, face, counts)
        similarity = face @ audio.transpose(1, 2)
        windows = similarity.shape[-1]  # a short clip limits the search
        max_shift = min(VAL_MAX_SHIFT, windows - 1)
        offset = diagonal_means(similarity, max_shift).argmax(-1) - max_shift
        chance = self.loss.chance(*counts.shape)
        self._chances.append(chance)
        mean = sum(self._chances) / len(self._chances)
        self.chance |= {"val/sync": mean, "val/chance_ratio": 1.0, "val/pairwise": 0.5}
        self.chance["val/offset_within_1"] = 3 / (2 * max_shift + 1)
        values: dict[str, Any] = {
            "val/loss": loss,
            "val/sync": loss,
            "val/chance_ratio": loss / chance,
            "val/offset_within_1": (offset.abs() <= 1).float().mean(),
        }
        if windows > MIN_DISTANCE:
            values["val/pairwise"] = pairwise_accuracy(similarity)
        self.log_dict(values, prog_bar=True, batch_size=len(audio), sync_dist=True)
