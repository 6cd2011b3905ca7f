"""The data module: manifests to loaders, with a sample order that survives a restart."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from wav2lip.clips import MANIFEST, ClipFile, read_manifest
from wav2lip.data.datasets import Clip, ClipDataset
from wav2lip.errors import InputError

DatasetFactory = Callable[..., Dataset[Any]]


def load_clips(
    manifests: Mapping[str, float] | Sequence[str] | str,
    split: str | Sequence[str],
    min_frames: int = 0,
) -> list[Clip]:
    """Clips of a split, or of several, from manifests (files or their folders), each manifest with a weight.

    Every file is opened once: what is missing or cut short is named now, not in the middle of a night.
    """
    listed = [manifests] if isinstance(manifests, str) else manifests
    weighted = listed if isinstance(listed, Mapping) else dict.fromkeys(listed, 1.0)
    splits = [split] if isinstance(split, str) else split
    clips = []
    for name, weight in weighted.items():
        path = Path(name)
        folder = path if path.is_dir() else path.parent
        rows = [
            row for row in read_manifest(path) if row.split in splits and row.frames >= min_frames
        ]
        clips += [Clip(folder / row.clip, row, weight) for row in rows]
    if not clips:
        raise InputError(
            f"no clip of split {' or '.join(map(repr, splits))} with {min_frames} frames in {', '.join(weighted)}; "
            f"see the split column of {MANIFEST}"
        )
    for clip in clips:
        ClipFile(clip.path)
    return clips


def clips_id(clips: Sequence[Clip]) -> str:
    """A short name for a set of clips: the same set, the same name."""
    names = "\n".join(sorted(clip.row.clip for clip in clips))
    return hashlib.sha256(names.encode()).hexdigest()[:8]


def collate(samples: Sequence[Mapping[str, Tensor | str]]) -> dict[str, Any]:
    """Samples to a batch as torch does it, but each tensor keeps its order in memory.

    torch would write pictures that are stored pixel by pixel (B, 3, T, S, S) colour by colour.
    """
    first = samples[0]
    orders = {
        name: sorted(range(value.dim()), key=value.stride, reverse=True)
        for name, value in first.items()
        if isinstance(value, Tensor)
    }
    stored = [
        {k: v.permute(orders[k]) if isinstance(v, Tensor) else v for k, v in sample.items()}
        for sample in samples
    ]
    batch: dict[str, Any] = default_collate(stored)
    for name, order in orders.items():
        back = [1 + order.index(axis) for axis in range(len(order))]
        batch[name] = batch[name].permute(0, *back)
    return batch


class ResumableSampler(Sampler[int]):
    """Sample numbers without end, an epoch's worth at a time, this process's share of each batch.

    The sample after the last one that was trained on comes next, also after a restart, because
    `consumed()` tells how many samples all processes together have seen.
    """

    def __init__(
        self,
        per_epoch: int,
        batch_size: int,
        consumed: Callable[[], int],
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.per_epoch = per_epoch
        self.batch_size = batch_size
        self.consumed = consumed
        self.rank = rank
        self.world = world

    def __len__(self) -> int:
        return self.per_epoch // self.world

    def __iter__(self) -> Iterator[int]:
        first = self.consumed()
        stop = (first // self.per_epoch + 1) * self.per_epoch
        step = self.batch_size * self.world
        for batch in range(first, stop - step + 1, step):
            start = batch + self.rank * self.batch_size
            yield from range(start, start + self.batch_size)


class ClipDataModule(pl.LightningDataModule):
    """Training and validation loaders over clip files.

    Args:
        dataset: makes a dataset from `clips` and `samples`; configs give one with `_partial_: true`.
        val_dataset: the same for validation; `samples` stays None, so its windows are fixed.
        manifests: manifest -> weight, a list of manifests, or one.
        batch_size: samples a batch, in each process; at least 2.
        steps_per_epoch: training batches between two validations.
        num_workers: loader processes.
        min_frames: shorter clips are not used.
        cache_mb: memory (MiB) in which decoded training crops are kept, shared by the loader processes;
            see `CropCache`. A minute at 25 frames/s and 120 px takes 62.
    """

    def __init__(
        self,
        dataset: DatasetFactory,
        val_dataset: DatasetFactory,
        manifests: Mapping[str, float] | Sequence[str] | str,
        batch_size: int,
        steps_per_epoch: int,
        num_workers: int = 0,
        min_frames: int = 15,
        val_batch_size: int | None = None,
        cache_mb: float = 2048,
    ) -> None:
        super().__init__()
        if batch_size < 2:
            raise InputError(
                f"data.batch_size={batch_size}: contrast and batch normalisation need at least 2 clips"
            )
        if steps_per_epoch < 1:
            raise InputError(f"data.steps_per_epoch={steps_per_epoch} must be at least 1")
        self.dataset = dataset
        self.val_dataset = val_dataset
        self.manifests = manifests
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.num_workers = num_workers
        self.min_frames = min_frames
        self.clips_id = "?"  # names the training clips, once they are loaded
        self.val_batch_size = val_batch_size or batch_size
        self.cache_mb = cache_mb

    def _consumed(self) -> int:
        """Samples that all processes together have been given, counted from the run's first step."""
        assert self.trainer is not None
        batches = self.trainer.fit_loop.epoch_loop.total_batch_idx + 1
        return batches * self.batch_size * self.trainer.world_size

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches in the order of the sample numbers, from where training stands."""
        return self._train_loader(load_clips(self.manifests, "train", self.min_frames))

    def _train_loader(self, clips: list[Clip]) -> DataLoader[Any]:
        assert self.trainer is not None
        world = self.trainer.world_size
        per_epoch = self.steps_per_epoch * self.batch_size * world
        sampler = ResumableSampler(
            per_epoch, self.batch_size, self._consumed, self.trainer.global_rank, world
        )
        return self._loader(self.dataset(clips=clips, samples=per_epoch), self.batch_size, sampler)

    def val_dataloader(self) -> DataLoader[Any]:
        """One fixed sample of every validation clip."""
        clips = load_clips(self.manifests, "val", self.min_frames)
        return self._loader(self.val_dataset(clips=clips), self.val_batch_size, None)

    def _loader(
        self, dataset: Dataset[Any], batch_size: int, sampler: Sampler[int] | None
    ) -> DataLoader[Any]:
        if sampler is not None:
            self.clips_id = clips_id(getattr(dataset, "clips", []))
            if isinstance(dataset, ClipDataset):
                dataset.keep_decoded(self.cache_mb, max(1, self.num_workers))
        return DataLoader(
            dataset,
            batch_size=batch_size,
            sampler=sampler,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            drop_last=sampler is not None,
            worker_init_fn=_one_thread,
            collate_fn=collate,
        )


def _one_thread(_: int) -> None:
    import cv2  # here, so that only loader processes are limited

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
