"""Train the sync expert."""

from typing import Any

import torch
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.tasks.base import Task, to_float
from wav2lip.tasks.build import Config, build
from wav2lip.tasks.grad_cache import embed_in_chunks
from wav2lip.types import SyncBatch

VAL_MAX_SHIFT = 10  # frames searched to either side for a clip's offset in validation
MIN_DISTANCE = 5  # frames; audio this far off no longer shares a frame with its window
MIN_CHUNK = 2  # windows; batch statistics of one are undefined


def diagonal_means(similarity: Tensor, max_shift: int = VAL_MAX_SHIFT) -> Tensor:
    """Average the similarity of face and audio at each shift of the audio.

    Args:
        similarity: (..., W, W), face window i (rows) against audio window j, consecutive windows.
        max_shift: frames, < W.

    Returns:
        (..., 2 * max_shift + 1); entry s + max_shift is the mean over i of similarity[i, i + s].
    """
    shifts = range(-max_shift, max_shift + 1)
    return torch.stack([similarity.diagonal(s, -2, -1).mean(-1) for s in shifts], dim=-1)


def pairwise_accuracy(similarity: Tensor, min_distance: int = MIN_DISTANCE) -> Tensor:
    """Return how often a window's own audio fits better than other audio of the clip; ties count half.

    Args:
        similarity: (..., W, W), face window i (rows) against audio window j, consecutive windows.
        min_distance: frames; only audio at least this far off is compared.

    Returns:
        Scalar share of the pairs, 0.5 at chance.
    """
    windows = similarity.shape[-1]
    steps = torch.arange(windows, device=similarity.device)
    off = (steps[:, None] - steps).abs() >= min_distance
    own = similarity.diagonal(0, -2, -1)[..., None]
    wins = (own > similarity).float() + 0.5 * (own == similarity).float()
    return wins[..., off].mean()


class SyncNetTask(Task):
    """Train the sync expert: embeddings of audio and lips agree if they are of the same moment, and differ if not.

    Logs `train/sync` and `val/sync` (the loss), `train/chance_ratio` and `val/chance_ratio` (the loss as a share of
    its value at chance, which depends on the numbers of windows and clips in a batch), `val/pairwise` (see
    `pairwise_accuracy`) and `val/offset_within_1` (the share of clips whose offset is found within one frame).

    Args:
        syncnet: config of `wav2lip.models.SyncNet`.
        loss: config of a loss over audio and face (B, W, D), e.g. `wav2lip.losses.WindowContrast`.
        optimizer: see `Task`.
        warmup: see `Task`.
        chunk: windows that are embedded at a time in training, for batches larger than memory; see
            `wav2lip.tasks.grad_cache`. None: all at once.
    """

    figures = ("train/sync", "val/sync", "val/pairwise")

    def __init__(
        self,
        syncnet: Config,
        loss: Config,
        optimizer: Config,
        warmup: int | None = None,
        chunk: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.syncnet = build(syncnet)
        self.loss = build(loss)
        if chunk is not None and chunk < MIN_CHUNK:
            raise InputError(f"chunk must be at least {MIN_CHUNK} windows, not {chunk}")
        self.chunk = chunk

    def _embed_windows(self, mel: Tensor, lips: Tensor) -> tuple[Tensor, Tensor]:
        audio, face = self.syncnet(mel, to_float(lips))
        return audio, face

    def windows_in(self, batch: SyncBatch) -> tuple[int, int]:
        """Return the clips of a batch, and how many windows of each it shows."""
        clips, windows = batch["mel"].shape[:2]
        return clips, windows

    def embed(self, batch: SyncBatch) -> tuple[Tensor, Tensor]:
        """Return unit vectors of audio and lips, each (B, W, D)."""
        size = batch["mel"].shape[:2]
        mel, lips = batch["mel"].flatten(0, 1), batch["lips"].flatten(0, 1)
        if self.chunk is None or not self.training:
            audio, face = self._embed_windows(mel, lips)
        else:
            audio, face = embed_in_chunks(self._embed_windows, self.syncnet, mel, lips, self.chunk)
        return audio.view(*size, -1), face.view(*size, -1)

    def _chance_ratio(self, name: str, loss: Tensor, clips: int, windows: int) -> dict[str, Tensor]:
        """Return the loss as a share of its value at chance, and note that value for the curves."""
        if not hasattr(self.loss, "chance"):
            return {}
        chance = self.loss.chance(clips, windows)
        self.chance.setdefault(f"{name}/sync", chance)  # the last batch may be smaller
        self.chance[f"{name}/chance_ratio"] = 1.0
        return {f"{name}/chance_ratio": loss / chance}

    def training_step(self, batch: SyncBatch, _: int) -> Tensor:
        audio, face = self.embed(batch)
        loss: Tensor = self.loss(*map(self.gather_across_processes, (audio, face)))
        clips = len(batch["clip"])
        values = {"train/sync": loss.detach()}
        processes = self._trainer.world_size if self._trainer else 1
        values |= self._chance_ratio("train", loss.detach(), clips * processes, audio.shape[1])
        self.log_dict(values, batch_size=clips)
        return loss

    def validation_step(self, batch: SyncBatch, _: int) -> None:
        audio, face = self.embed(batch)
        similarity = face @ audio.transpose(1, 2)
        windows = similarity.shape[-1]  # a short window limits the search
        max_shift = min(VAL_MAX_SHIFT, windows - 1)
        offset = diagonal_means(similarity, max_shift).argmax(-1) - max_shift
        loss = self.loss(audio, face)
        values: dict[str, Any] = {
            "val/loss": loss,
            "val/sync": loss,
            "val/pairwise": pairwise_accuracy(similarity, min(MIN_DISTANCE, windows - 1)),
            "val/offset_within_1": (offset.abs() <= 1).float().mean(),
        }
        values |= self._chance_ratio("val", loss, len(audio), windows)
        self.chance["val/pairwise"] = 0.5
        self.chance["val/offset_within_1"] = 3 / (2 * max_shift + 1)
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
