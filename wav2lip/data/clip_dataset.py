"""The base of all datasets over clip files: the same index always gives the same sample.

Sample i of a training set comes from a random generator seeded with (seed, i): it depends neither on the
order of the samples nor on workers or machines. A validation set has one fixed sample per clip.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ClipFile, ManifestRow
from wav2lip.data.audio_augment import stretch_mel
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.cache import CropCache
from wav2lip.data.face_augment import FaceAugment
from wav2lip.data.sampling import window_starts
from wav2lip.errors import InputError
from wav2lip.media.alignment import frame_count, mel_windows
from wav2lip.types import FPS, MEL_WINDOW, WINDOW_FRAMES, Image, Mel

log = logging.getLogger(__name__)

OPEN_FILES = 4096  # clip files that one worker keeps mapped; a map needs no file descriptor
LONG_CLIP = 250  # frames; a longer clip is not drawn more often, so that no speaker dominates


@dataclass(frozen=True)
class Clip:
    """One clip of a training set.

    Attributes:
        path: the clip file.
        row: its manifest row.
        weight: how often the clip is drawn relative to others.
        span: frames [first, end) that samples may contain; None: all.
    """

    path: Path
    row: ManifestRow
    weight: float = 1.0
    span: tuple[int, int] | None = None


@lru_cache(OPEN_FILES)
def _open_clip(path: Path) -> ClipFile:
    return ClipFile(path)


def with_landmarks(clips: Sequence[Clip]) -> list[Clip]:
    """Return the clips that have landmarks; a face that the mesh fits nowhere has none.

    Raises:
        InputError: none has.
    """
    found = [clip for clip in clips if _open_clip(clip.path).has_landmarks]
    if clips and not found:
        raise InputError(
            f"{clips[0].path}: has no landmarks, nor has any other clip; preprocess with clip.landmarks=true"
        )
    return found


class ClipDataset:
    """Base of all datasets: drawing of clips, reading of faces and mel windows.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: one fixed sample per clip without augmentation.
        image_size: side of a face, pixels.
        augment: augmentation in training.
        seed: seed of the samples.
        mel_offset_frames: frames from a video frame to the start of its mel window.

    Raises:
        InputError: `clips` is empty.
    """

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
                "no clip is left to train on; check the manifests, the split and the filters"
            )
        self.clips = list(clips)
        self.samples = samples
        rate = next((clip.row.fps for clip in self.clips if clip.row.fps != FPS), FPS)
        if image_size and samples is not None and rate != FPS:
            log.warning(
                "there are clips at %g fps, but inference and scores take a network of pictures to know %g; "
                "preprocess with clip.fps=%g",
                *(rate, FPS, FPS),
            )
        self.image_size = image_size
        self.augment = augment if samples is not None else NO_AUGMENT
        self.seed = seed
        self.mel_offset_frames = mel_offset_frames
        weights = np.array([clip.weight * min(clip.row.frames, LONG_CLIP) for clip in self.clips])
        self._cumulative = np.cumsum(weights / weights.sum())
        self._cache: CropCache | None = None

    def __len__(self) -> int:
        return self.samples if self.samples is not None else len(self.clips)

    def cache_crops(self, megabytes: float, processes: int) -> None:
        """Keep decoded crops in memory; see `CropCache`. Samples do not change."""
        frames = {clip.path: clip.row.frames for clip in self.clips}
        side = _open_clip(self.clips[0].path).crop_size
        self._cache = CropCache(frames, side, megabytes, processes)

    def _crops(self, file: ClipFile, frames: npt.NDArray[np.int64]) -> Image:
        return self._cache.crops(file, frames) if self._cache else file.crops(frames)

    def _draw(self, index: int) -> tuple[Clip, ClipFile, np.random.Generator]:
        rng = np.random.default_rng((self.seed, index))
        if self.samples is not None:
            position = int(np.searchsorted(self._cumulative, rng.random(), side="right"))
            index = min(position, len(self.clips) - 1)  # rounding may leave the last sum below 1
        clip = self.clips[index]
        return clip, _open_clip(clip.path), rng

    def _face_augment(self, file: ClipFile, rng: np.random.Generator) -> FaceAugment:
        return FaceAugment(self.augment, self.image_size, file.pad, rng)

    @staticmethod
    def _mel_windows(
        file: ClipFile, frames: npt.NDArray[Any], tempo: float, columns: int = MEL_WINDOW
    ) -> Mel:
        """Mel windows (N, 80, columns) that start at the given frames (N,); silence before the clip."""
        times = frames / file.fps
        if tempo == 1:
            return mel_windows(file.whole_mel, times, columns)
        played = int(columns * tempo) + 2
        return stretch_mel(mel_windows(file.whole_mel, times, played), columns, tempo)

    @staticmethod
    def _window_starts(
        clip: Clip, file: ClipFile, margin: int = 0, window: int = WINDOW_FRAMES
    ) -> range:
        """First frames of the windows that have both video and audio."""
        audio_frames = frame_count(file.mel_columns, file.fps)
        allowed = window_starts(min(file.frames, audio_frames), window, margin)
        if clip.span:
            first, end = clip.span
            within = window_starts(min(end, file.frames, audio_frames) - first, window, margin)
            allowed = range(first + within.start, first + within.stop)
        if not allowed:
            raise InputError(
                f"{clip.path}: shorter than one window of {window} frames; "
                "remove it from the manifest"
            )
        return allowed
