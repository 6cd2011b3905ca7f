"""Datasets over clip files: index-addressable, seeded, the same sample for the same index.

Sample i of a training set is drawn by a generator seeded with (seed, i), so order, workers and machines
do not matter; a validation set has one fixed sample a clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.clips import ClipFile, ManifestRow
from wav2lip.data.augment import (
    NONE,
    AudioAugment,
    AugmentSettings,
    FaceAugment,
    draw_tempo,
    stretch,
)
from wav2lip.data.cache import CropCache
from wav2lip.data.reference import RandomReference, ReferencePolicy
from wav2lip.data.sampling import (
    WINDOW,
    even_starts,
    hard_negative,
    sample_starts,
    window_frames,
    window_starts,
)
from wav2lip.errors import InputError
from wav2lip.media.alignment import mel_windows
from wav2lip.types import MEL_RATE, MEL_WINDOW

OPEN_FILES = 4096  # clip files kept mapped by one worker; a map needs no open file
LONG_CLIP = 250  # frames; a longer clip is drawn no more often, so that no single person rules


@dataclass(frozen=True)
class Clip:
    """One training clip: its file, its row, and how often it is drawn relative to others."""

    path: Path
    row: ManifestRow
    weight: float = 1.0
    span: tuple[int, int] | None = None  # frames [first, end) that may be seen; None: all


@lru_cache(OPEN_FILES)
def _open(path: Path) -> ClipFile:
    return ClipFile(path)


class ClipDataset:
    """What all datasets share: the draw of a clip and the reading of faces and mel windows."""

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None,
        image_size: int,
        augment: AugmentSettings,
        seed: int,
        mel_offset_frames: int,
    ) -> None:
        if not clips:
            raise InputError(
                "no clip is left to draw from; check data.manifests, the split and the filters"
            )
        self.clips = list(clips)
        self.samples = samples  # None: one fixed sample a clip
        self.image_size = image_size
        self.augment = augment if samples is not None else NONE
        self.seed = seed
        self.mel_offset_frames = mel_offset_frames
        weights = np.array([clip.weight * min(clip.row.frames, LONG_CLIP) for clip in self.clips])
        self._cumulative = np.cumsum(weights / weights.sum())
        self._cache: CropCache | None = None

    def __len__(self) -> int:
        return self.samples if self.samples is not None else len(self.clips)

    def keep_decoded(self, megabytes: float, processes: int) -> None:
        """Keep crops in memory, decoded; see `CropCache`. Samples stay what they are, to the bit."""
        frames = {clip.path: clip.row.frames for clip in self.clips}
        side = _open(self.clips[0].path).crop_size
        self._cache = CropCache(frames, side, megabytes, processes)

    def _crops(self, file: ClipFile, frames: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        return self._cache.crops(file, frames) if self._cache else file.crops(frames)

    def _draw(self, index: int) -> tuple[Clip, ClipFile, np.random.Generator]:
        rng = np.random.default_rng((self.seed, index))
        if self.samples is not None:
            place = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
            index = min(place, len(self.clips) - 1)  # the last sum may be a hair below 1
        clip = self.clips[index]
        return clip, _open(clip.path), rng

    def _view(self, file: ClipFile, rng: np.random.Generator) -> FaceAugment:
        return FaceAugment(self.augment, self.image_size, file.pad, rng)

    @staticmethod
    def _mels(file: ClipFile, frames: npt.NDArray[Any], tempo: float) -> npt.NDArray[np.float32]:
        """Windows (N, 80, 16) of the sound from the given frames on."""
        # A negative frame (the sound of a window that leads) starts before the clip: silence there.
        times = frames / file.fps
        if tempo == 1:
            return mel_windows(file.sound, times)
        return stretch(
            mel_windows(file.sound, times, int(MEL_WINDOW * tempo) + 2), MEL_WINDOW, tempo
        )

    @staticmethod
    def _starts(clip: Clip, file: ClipFile, margin: int = 0) -> range:
        """First frames of the windows that have both picture and sound."""
        heard = int(file.mel_columns / MEL_RATE * file.fps)
        allowed = window_starts(min(file.frames, heard), margin=margin)
        if clip.span:
            first, end = clip.span
            kept = window_starts(min(end, file.frames, heard) - first, margin=margin)
            allowed = range(first + kept.start, first + kept.stop)
        if not allowed:
            raise InputError(
                f"{clip.path}: shorter than one window of {WINDOW} frames; remove it from the manifest"
            )
        return allowed


class SyncDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Windows of one clip for the sync expert; see `wav2lip.types.SyncBatch`, without the batch dimension.

    Training: `windows` starts at least `gap` frames apart. Validation: consecutive starts, so that the
    similarities along each diagonal tell the offset.

    Far to near (a curriculum): with `far` the first samples keep their windows that many frames apart,
    which is easy to tell, and the distance shrinks to `gap` over `near_after` samples. It depends on the
    sample's number alone, so a resumed run goes on where it was.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        windows: int = 8,
        gap: int = WINDOW,
        image_size: int = 96,
        augment: AugmentSettings = NONE,
        seed: int = 0,
        far: int | None = None,
        near_after: int = 1,
    ) -> None:
        super().__init__(clips, samples, image_size, augment, seed, mel_offset_frames=0)
        self.windows = windows
        self.gap = gap
        self.far = far
        self.near_after = near_after

    def gap_of(self, index: int) -> int:
        """Frames between the windows of a sample, by its number: from `far` to `gap`, then `gap`."""
        if self.far is None:
            return self.gap
        progress = min(1.0, index / self.near_after)
        return round(self.far + (self.gap - self.far) * progress)

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        allowed = self._starts(clip, file)
        chosen = (
            even_starts(self.windows, allowed)
            if self.samples is None
            else sample_starts(self.windows, allowed, self.gap_of(index), rng)
        )
        view, sound = self._view(file, rng), AudioAugment(self.augment, rng)
        tempo = draw_tempo(self.augment, rng)
        shown = np.stack([window_frames(int(start), file.frames, tempo) for start in chosen])
        frames, where = np.unique(shown, return_inverse=True)
        lips = view(self._crops(file, frames))[:, self.image_size // 2 :].transpose(0, 3, 1, 2)
        lips = lips[where.reshape(-1)].reshape(len(chosen), 3 * WINDOW, *lips.shape[2:])
        mels = sound(self._mels(file, chosen, tempo))
        return {
            "lips": torch.from_numpy(lips),
            "mel": torch.from_numpy(mels)[:, None],
            "start": torch.from_numpy(chosen.astype(np.int64)),
            "clip": clip.row.clip,
        }


class LipDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """A target window, a reference window and the sound; see `wav2lip.types.LipBatch`, without the batch dimension.

    `negatives` sounds of the clip's other moments come along for a sync loss to contrast with.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        image_size: int = 96,
        augment: AugmentSettings = NONE,
        seed: int = 0,
        mel_offset_frames: int = 0,
        negatives: int = 0,
        reference: ReferencePolicy | None = None,
    ) -> None:
        super().__init__(clips, samples, image_size, augment, seed, mel_offset_frames)
        self.negatives = negatives
        self.reference = reference or RandomReference()

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        # Leading mel windows want sound from before the target, so it keeps that distance from the ends.
        allowed = self._starts(clip, file, margin=abs(self.mel_offset_frames))
        target = allowed[int(rng.integers(len(allowed)))]
        looks = self._starts(clip, file) if clip.span else window_starts(file.frames)
        reference = self.reference(file, target, looks, rng)
        view, sound = self._view(file, rng), AudioAugment(self.augment, rng)
        tempo = draw_tempo(self.augment, rng)
        faces = [
            view(self._crops(file, window_frames(start, file.frames, tempo)))
            for start in (target, reference)
        ]
        heard = target + tempo * (np.arange(WINDOW) + self.mel_offset_frames)
        elsewhere = [hard_negative(target, allowed, WINDOW, rng) for _ in range(self.negatives)]
        frames = np.concatenate([heard, [target], elsewhere])
        mels = torch.from_numpy(sound(self._mels(file, frames, tempo)))
        return {
            # Colour by colour in shape, pixel by pixel in memory: no copy here, and what
            # convolutions in channels-last want.
            "target": torch.from_numpy(faces[0]).permute(3, 0, 1, 2),
            "reference": torch.from_numpy(faces[1]).permute(3, 0, 1, 2),
            "mels": mels[:WINDOW, None],
            "mel": mels[WINDOW, None],
            "negatives": mels[WINDOW + 1 :, None],
            "start": torch.tensor(target),
            "clip": clip.row.clip,
        }
