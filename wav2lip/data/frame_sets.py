"""Frames of a clip at different moments: the same person, the same light, other mouths."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from wav2lip.data.augment import NONE, AudioAugment, AugmentSettings, draw_tempo
from wav2lip.data.datasets import Clip, ClipDataset
from wav2lip.data.sampling import even_starts, sample_starts


class FrameSetDataset(ClipDataset, Dataset[dict[str, Tensor | str]]):
    """`frames` frames of one clip with their sounds; see `wav2lip.types.FrameSetBatch`, without the batch dimension.

    Training: in random order, at least `gap` frames apart, all within `span` frames, so that the
    head has hardly moved and what differs is the mouth. Validation: the frames from the middle,
    `gap` apart.
    """

    def __init__(
        self,
        clips: Sequence[Clip],
        samples: int | None = None,
        frames: int = 8,
        gap: int = 2,
        span: int = 50,
        image_size: int = 96,
        augment: AugmentSettings = NONE,
        seed: int = 0,
        mel_offset_frames: int = 0,
    ) -> None:
        super().__init__(clips, samples, image_size, augment, seed, mel_offset_frames)
        self.frames = frames
        self.gap = gap
        self.span = span

    def __getitem__(self, index: int) -> dict[str, Tensor | str]:
        clip, file, rng = self._draw(index)
        allowed = self._starts(clip, file, margin=abs(self.mel_offset_frames))
        if self.samples is None:
            every = allowed[:: self.gap] if len(allowed) >= self.frames * self.gap else allowed
            chosen = np.asarray(every)[even_starts(self.frames, range(len(every)))]
        else:
            first = int(rng.integers(0, max(1, len(allowed) - self.span + 1)))
            chosen = sample_starts(self.frames, allowed[first : first + self.span], self.gap, rng)
        view, sound = self._view(file, rng), AudioAugment(self.augment, rng)
        tempo = draw_tempo(self.augment, rng)
        # A frame has no speed: a change of tempo is heard alone, about the moment that is seen.
        heard = chosen + tempo * self.mel_offset_frames
        mels = sound(self._mels(file, heard, tempo))
        return {
            "faces": torch.from_numpy(view(self._crops(file, chosen))).permute(0, 3, 1, 2),
            "mels": torch.from_numpy(mels)[:, None],
            "start": torch.from_numpy(chosen.astype(np.int64)),
            "clip": clip.row.clip,
        }
