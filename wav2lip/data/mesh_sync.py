"""Sound and lip motion of stretches of clips, for training `wav2lip.models.MeshSyncNet`."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.clips import ClipFile, clip_window
from wav2lip.data.audio_augment import AudioAugment
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings
from wav2lip.data.clip_dataset import Clip, ClipDataset, with_landmarks
from wav2lip.data.motion_basis import motion_basis
from wav2lip.faces.mesh_series import (
    MotionSeries,
    read_columns,
    read_motion_series,
    sound_columns,
)
from wav2lip.types import AUDIO_CHANNELS, N_MELS, WINDOW_FRAMES

OPEN_CLIPS = 8192  # clips whose motion one worker keeps; a minute takes 75 kB


@lru_cache(OPEN_CLIPS)
def _series(path: Path) -> MotionSeries:
    basis = motion_basis()
    return read_motion_series(ClipFile(path), basis.vertices, basis.components)


class MeshSyncDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Stretches of clips at 25 fps: `wav2lip.types.MeshSyncBatch` without the batch dimension.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: every whole clip, for validation one by one.
        frames: T, frames per sample; a shorter clip is padded with frames that do not count.
        min_seen: share of a clip's frames with landmarks; clips with fewer are left out.
        speech: features of speech beneath the mel, for a network that reads them.
        gain: standard deviation of the logarithm of a factor on the motion, in training.
        shift: standard deviation of a constant added to each coefficient.
        jitter: standard deviation of noise added to each coefficient and frame, as of landmarks that tremble.
        hiss: standard deviation of a constant added to each channel of the features of speech.
        augment: augmentation of the mel in training.
        seed: seed of the samples.

    Raises:
        InputError: no clip is left, or none has landmarks.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        frames: int = 50,
        min_seen: float = 0.8,
        speech: bool = True,
        gain: float = 0.15,
        shift: float = 0.15,
        jitter: float = 0.05,
        hiss: float = 0.4,
        augment: AugmentSettings = NO_AUGMENT,
        seed: int = 0,
    ) -> None:
        usable = [
            clip
            for clip in with_landmarks(clips)
            if _series(clip.path).seen.mean() >= min_seen
            and len(_series(clip.path).seen) >= WINDOW_FRAMES
        ]
        super().__init__(usable, samples, 0, augment, seed, 0)
        self.frames = frames
        self.channels = AUDIO_CHANNELS[speech]
        self.gain, self.shift, self.jitter, self.hiss = (
            (gain, shift, jitter, hiss) if samples is not None else (0.0,) * 4
        )

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        series = _series(clip.path)
        total = len(series.seen)
        count = total if self.samples is None else self.frames
        start = int(rng.integers(0, max(1, total - count + 1)))
        part = slice(start, start + count)
        motion, seen = series.motion[part], series.seen[part]
        columns = sound_columns(start + np.arange(count))
        first, last = int(columns[0]) - 1, int(columns[-1]) + 3
        audio = clip_window(file, first, last - first, self.channels)
        audio[:N_MELS] = AudioAugment(self.augment, rng)(audio[:N_MELS])
        audio[N_MELS:] += rng.normal(0, self.hiss, (len(audio) - N_MELS, 1)).astype(np.float32)
        components = motion.shape[1]
        motion = motion * np.exp(rng.normal(0, self.gain)) + rng.normal(0, self.shift, components)
        motion = motion + rng.normal(0, self.jitter, motion.shape)
        missing = count - len(seen)
        return {
            "audio": torch.from_numpy(read_columns(audio, columns - first)),
            "motion": torch.from_numpy(
                np.pad(motion, ((0, missing), (0, 0)), mode="edge").astype(np.float32)
            ),
            "seen": torch.from_numpy(np.pad(seen, (0, missing))),
            "clip": clip.row.clip,
        }
