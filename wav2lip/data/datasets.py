"""Datasets for the sync expert and the generator; see `wav2lip.data.clip_dataset` for the base."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.data.audio_augment import AudioAugment
from wav2lip.data.augment import NO_AUGMENT, AugmentSettings, sample_tempo
from wav2lip.data.clip_dataset import Clip, ClipDataset
from wav2lip.data.reference import RandomReference, ReferencePolicy
from wav2lip.data.sampling import (
    even_starts,
    hard_negative,
    sample_starts,
    window_frames,
    window_starts,
)
from wav2lip.types import WINDOW_FRAMES, mel_window


class SyncDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Windows of one clip for the sync expert: `wav2lip.types.SyncBatch` without the batch dimension.

    Validation samples have consecutive starts: the similarities along each diagonal then give the offset. Clips that
    are too short for that are left out, unless all are.

    Curriculum: with `far`, the windows of the first samples are that many frames apart, which is easy to
    tell apart. The distance shrinks to `gap` over `near_after` samples. It depends on the sample's number
    alone, so a resumed run continues the curriculum.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: one fixed sample per clip, for validation.
        windows: windows per sample.
        gap: smallest distance between two windows of a training sample, frames.
        image_size: side of a face, pixels.
        augment: augmentation in training.
        seed: seed of the samples.
        far: distance between two windows of the first samples, frames; None: no curriculum.
        near_after: number of the sample from which on the distance is `gap`.
        window: frames that a window covers, as the expert's.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        windows: int = 8,
        gap: int = WINDOW_FRAMES,
        image_size: int = 96,
        augment: AugmentSettings = NO_AUGMENT,
        seed: int = 0,
        far: int | None = None,
        near_after: int = 1,
        window: int = WINDOW_FRAMES,
    ) -> None:
        if samples is None:
            # A shorter clip would repeat its last window, and be scored against copies of it.
            whole = [clip for clip in clips if clip.row.frames >= windows + window - 1]
            clips = whole or clips
        super().__init__(clips, samples, image_size, augment, seed, mel_offset_frames=0)
        self.windows = windows
        self.gap = gap
        self.far = far
        self.near_after = near_after
        self.window = window

    def gap_at(self, index: int) -> int:
        """Return the smallest distance between two windows of sample `index`, frames."""
        if self.far is None:
            return self.gap
        progress = min(1.0, index / self.near_after)
        return round(self.far + (self.gap - self.far) * progress)

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        allowed = self._window_starts(clip, file, window=self.window)
        starts = (
            even_starts(self.windows, allowed)
            if self.samples is None
            else sample_starts(self.windows, allowed, self.gap_at(index), rng)
        )
        augment_faces = self._face_augment(file, rng)
        augment_audio = AudioAugment(self.augment, rng)
        tempo = sample_tempo(self.augment, rng)
        windows = np.stack(
            [window_frames(int(start), file.frames, tempo, self.window) for start in starts]
        )
        frames, position = np.unique(windows, return_inverse=True)  # decode each frame once
        faces = augment_faces(self._crops(file, frames))
        lips = faces[:, self.image_size // 2 :].transpose(0, 3, 1, 2)[position.reshape(-1)]
        lips = lips.reshape(len(starts), 3 * self.window, *lips.shape[2:])
        mels = augment_audio(self._mel_windows(file, starts, tempo, mel_window(self.window)))
        return {
            "lips": torch.from_numpy(lips),
            "mel": torch.from_numpy(mels)[:, None],
            "start": torch.from_numpy(starts.astype(np.int64)),
            "clip": clip.row.clip,
        }


class LipDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """A target window, a reference window and audio: `wav2lip.types.LipBatch` without the batch dimension.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: one fixed sample per clip, for validation.
        image_size: side of a face, pixels.
        augment: augmentation in training.
        seed: seed of the samples.
        mel_offset_frames: frames from a video frame to the start of its mel window.
        negatives: mel windows from other moments of the clip, for a contrastive sync loss.
        reference: policy that chooses the reference window; default: random.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        image_size: int = 96,
        augment: AugmentSettings = NO_AUGMENT,
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
        # Mel windows with an offset need audio from before the target: keep away from the ends.
        allowed = self._window_starts(clip, file, margin=abs(self.mel_offset_frames))
        target = allowed[int(rng.integers(len(allowed)))]
        candidates = self._window_starts(clip, file) if clip.span else window_starts(file.frames)
        reference = self.reference(file, target, candidates, rng)
        augment_faces = self._face_augment(file, rng)
        augment_audio = AudioAugment(self.augment, rng)
        tempo = sample_tempo(self.augment, rng)
        faces = [
            augment_faces(self._crops(file, window_frames(start, file.frames, tempo)))
            for start in (target, reference)
        ]
        per_frame = target + tempo * (np.arange(WINDOW_FRAMES) + self.mel_offset_frames)
        negatives = [
            hard_negative(target, allowed, WINDOW_FRAMES, rng) for _ in range(self.negatives)
        ]
        starts = np.concatenate([per_frame, [target], negatives])
        mels = torch.from_numpy(augment_audio(self._mel_windows(file, starts, tempo)))
        return {
            # Channels first in shape but last in memory: no copy, and what channels-last
            # convolutions need.
            "target": torch.from_numpy(faces[0]).permute(3, 0, 1, 2),
            "reference": torch.from_numpy(faces[1]).permute(3, 0, 1, 2),
            "mels": mels[:WINDOW_FRAMES, None],
            "mel": mels[WINDOW_FRAMES, None],
            "negatives": mels[WINDOW_FRAMES + 1 :, None],
            "start": torch.tensor(target),
            "clip": clip.row.clip,
        }
