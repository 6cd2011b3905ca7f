"""Frames of one clip at different moments: the same person and light with different mouths."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.data.augment import NO_AUGMENT, AudioAugment, AugmentSettings, sample_tempo
from wav2lip.data.clip_dataset import Clip, ClipDataset
from wav2lip.data.sampling import even_starts, sample_starts


class FrameSetDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """Frames of one clip, each with its mel window: `wav2lip.types.FrameSetBatch` without the batch dimension.

    Training samples are in random order and lie within `span` frames, so that the head hardly moves and
    the mouth is what differs. Validation samples are consecutive, `gap` apart, from the middle of the clip.

    Args:
        clips: clips to draw from.
        samples: samples per epoch; None: one fixed sample per clip, for validation.
        frames: frames per sample.
        gap: smallest distance between two frames of a sample.
        span: largest distance between two frames of a sample.
        image_size: side of a face, pixels.
        augment: augmentation in training.
        seed: seed of the samples.
        mel_offset_frames: frames from a video frame to the start of its mel window.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        frames: int = 8,
        gap: int = 2,
        span: int = 50,
        image_size: int = 96,
        augment: AugmentSettings = NO_AUGMENT,
        seed: int = 0,
        mel_offset_frames: int = 0,
    ) -> None:
        super().__init__(clips, samples, image_size, augment, seed, mel_offset_frames)
        self.frames = frames
        self.gap = gap
        self.span = span

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        allowed = self._window_starts(clip, file, margin=abs(self.mel_offset_frames))
        if self.samples is None:
            enough = len(allowed) >= self.frames * self.gap
            candidates = allowed[:: self.gap] if enough else allowed
            chosen = np.asarray(candidates)[even_starts(self.frames, range(len(candidates)))]
        else:
            first = int(rng.integers(0, max(1, len(allowed) - self.span + 1)))
            chosen = sample_starts(self.frames, allowed[first : first + self.span], self.gap, rng)
        augment_faces = self._face_augment(file, rng)
        augment_audio = AudioAugment(self.augment, rng)
        tempo = sample_tempo(self.augment, rng)
        # A change of tempo does not affect a single frame, only the audio around it.
        mel_frames = chosen + tempo * self.mel_offset_frames
        mels = augment_audio(self._mel_windows(file, mel_frames, tempo))
        faces = augment_faces(self._crops(file, chosen))
        return {
            "faces": torch.from_numpy(faces).permute(0, 3, 1, 2),
            "mels": torch.from_numpy(mels)[:, None],
            "start": torch.from_numpy(chosen.astype(np.int64)),
            "clip": clip.row.clip,
        }
