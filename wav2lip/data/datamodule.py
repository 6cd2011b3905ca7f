"""Data module: from manifests to loaders, with a sample order that a resumed run continues."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from wav2lip.clips import MANIFEST, ClipFile, read_manifest
from wav2lip.data.clip_dataset import Clip, ClipDataset
from wav2lip.data.clip_ids import clip_parts_id, clips_id
from wav2lip.data.loader import ClipLoader, limit_threads, loader_workers
from wav2lip.errors import InputError
from wav2lip.types import CropKind

FEW = 8  # validation clips; fewer are reported

log = logging.getLogger(__name__)
DatasetFactory = Callable[..., Dataset[Any]]


def load_clips(
    manifests: Mapping[str, float] | Sequence[str] | str,
    split: str | Sequence[str],
    min_frames: int = 0,
) -> list[Clip]:
    """Read the clips of one or more splits from manifests.

    Every clip file is opened once, so that a missing or truncated file is reported before training.

    Args:
        manifests: manifest files or their folders: one, a list, or a mapping to sampling weights.
        split: split or splits to keep.
        min_frames: shorter clips are left out.

    Raises:
        InputError: a manifest or clip file cannot be read, no clip is left, or their faces are cut out in
            different ways.
    """
    # YAML reads the name of a folder such as 2024 as a number.
    several = isinstance(manifests, Sequence | Mapping) and not isinstance(manifests, str)
    listed = manifests if several else [manifests]
    weighted = listed if isinstance(listed, Mapping) else dict.fromkeys(map(str, listed), 1.0)
    splits = [split] if isinstance(split, str) else split
    clips = []
    for name, weight in weighted.items():
        path = Path(str(name))
        folder = path if path.is_dir() else path.parent
        rows = [
            row for row in read_manifest(path) if row.split in splits and row.frames >= min_frames
        ]
        clips += [Clip(folder / row.clip, row, weight) for row in rows]
    if not clips:
        raise InputError(
            f"no clip of split {' or '.join(map(repr, splits))} with {min_frames} frames in "
            f"{', '.join(map(str, weighted))}; see the columns split and frames of {MANIFEST}; "
            "the preprocessing settings splits and val_share decide who validates, and speaker fine-tuning "
            "needs one speaker only"
        )
    kinds: dict[CropKind, Path] = {}  # -> the first clip of that kind
    for clip in clips:
        file, row = ClipFile(clip.path), clip.row
        if (file.frames, file.fps) != (row.frames, row.fps):
            raise InputError(
                f"{clip.path}: has {file.frames} frames at {file.fps:g} fps, but the manifest states "
                f"{row.frames} at {row.fps:g}; run preprocess again"
            )
        first = kinds.setdefault(file.face_crop, clip.path)
        if len(kinds) > 1:
            other = next(path for path in kinds.values() if path != first)
            raise InputError(
                f"{clip.path}: its faces are cut out {file.face_crop}, those of {other} are not; "
                "preprocess all clips with one clip.face_crop"
            )
    return clips


def face_crop(clips: Sequence[Clip]) -> CropKind:
    """Return where the faces of clips, which `load_clips` has checked, are cut out."""
    return ClipFile(clips[0].path).face_crop


def collate(samples: Sequence[Mapping[str, Tensor | str]]) -> dict[str, Any]:
    """Collate samples as torch does, but keep each tensor's memory layout.

    torch would turn images (3, T, S, S) that are channels-last in memory into channels-first ones.
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
        inverse = [1 + order.index(axis) for axis in range(len(order))]
        batch[name] = batch[name].permute(0, *inverse)
    return batch


class ResumableSampler(Sampler[int]):
    """Yields sample numbers of one epoch at a time: this process's part of each batch.

    Numbers increase over epochs. A resumed run continues after the last sample it was trained on,
    because `consumed()` counts the samples of all processes together.

    Args:
        per_epoch: samples per epoch, of all processes.
        batch_size: samples per batch of one process.
        consumed: returns the number of samples trained on so far.
        rank: number of this process.
        world: number of processes.
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
        dataset: creates a dataset from `clips` and `samples`; configs give it with `_partial_: true`.
        val_dataset: the same for validation; `samples` stays None, so its windows are fixed.
        manifests: manifest files or their folders: one, a list, or a mapping to sampling weights.
        batch_size: samples per batch of each process; at least 2.
        steps_per_epoch: training batches between two validations.
        num_workers: loader processes; None: see `loader_workers`.
        min_frames: shorter clips are left out.
        val_batch_size: samples per validation batch; default: `batch_size`.
        cache_mb: memory (MiB) for decoded training crops, shared by the loader processes; see
            `CropCache`. One minute at 25 frames/s and 120 px takes 62 MiB.

    Raises:
        InputError: `batch_size` or `steps_per_epoch` is too small.
    """

    def __init__(
        self,
        dataset: DatasetFactory,
        val_dataset: DatasetFactory,
        manifests: Mapping[str, float] | Sequence[str] | str,
        batch_size: int,
        steps_per_epoch: int,
        num_workers: int | None = 0,
        min_frames: int = 15,
        val_batch_size: int | None = None,
        cache_mb: float = 2048,
    ) -> None:
        super().__init__()
        if batch_size < 2:
            raise InputError(
                f"batch_size must be at least 2, not {batch_size}: "
                "the contrastive loss and batch normalisation compare clips"
            )
        if steps_per_epoch < 1:
            raise InputError(f"steps_per_epoch must be at least 1, not {steps_per_epoch}")
        self.dataset = dataset
        self.val_dataset = val_dataset
        self.manifests = manifests
        self.batch_size = batch_size
        self.steps_per_epoch = steps_per_epoch
        self.num_workers = num_workers
        self.min_frames = min_frames
        self.clips_id = self.clip_parts_id = "?"  # of the training clips, once they are loaded
        self.face_crop: CropKind | None = None  # the same
        self.val_batch_size = val_batch_size or batch_size
        self.cache_mb = cache_mb

    def _consumed(self) -> int:
        """Samples of all processes together since the run's first step."""
        assert self.trainer is not None
        batches = self.trainer.fit_loop.epoch_loop.total_batch_idx + 1
        return batches * self.batch_size * self.trainer.world_size

    def train_dataloader(self) -> DataLoader[Any]:
        """Return a loader that continues after the last sample trained on."""
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
        """Return a loader over one fixed sample of every validation clip."""
        clips = load_clips(self.manifests, "val", self.min_frames)
        if len(clips) < FEW:
            log.warning(
                "the validation has only %d clips, so that val/loss hardly tells one checkpoint from another; give "
                "more, or cut long recordings into parts of 10 s before preprocessing",
                len(clips),
            )
        return self._loader(self.val_dataset(clips=clips), self.val_batch_size, None)

    def _loader(
        self, dataset: Dataset[Any], batch_size: int, sampler: Sampler[int] | None
    ) -> DataLoader[Any]:
        device, processes = "cpu", 1
        if self.trainer is not None:
            device = self.trainer.strategy.root_device.type
            processes = self.trainer.num_devices
        workers = self.num_workers
        if workers is None:
            workers = loader_workers(device, processes)
        if sampler is not None:
            clips = getattr(dataset, "clips", [])
            self.clips_id, self.clip_parts_id = clips_id(clips), clip_parts_id(clips)
            if isinstance(dataset, ClipDataset):
                self.face_crop = face_crop(dataset.clips)
                dataset.cache_crops(self.cache_mb, max(1, workers))
        return ClipLoader(
            dataset,
            batch_size=batch_size,
            sampler=sampler,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=device == "cuda",
            drop_last=sampler is not None,
            worker_init_fn=limit_threads,
            collate_fn=collate,
        )
