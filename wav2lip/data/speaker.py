"""One person's clips: a part of each person's time is held out, whatever split the manifest says."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from torch.utils.data import DataLoader

from wav2lip.data.datamodule import ClipDataModule, load_clips
from wav2lip.data.datasets import Clip
from wav2lip.errors import InputError

PIECE = 25  # frames, at least, of the stretch that a validation sample is taken from
LOOKS = 3  # samples of each, so that a few seconds held out say something
SPLITS = ("train", "val")


def hold_out(clips: Sequence[Clip], share: float, least: int) -> tuple[list[Clip], list[Clip]]:
    """(training clips, validation pieces): the end of each clip is held out, cut into pieces of a second.

    A person's minutes are often one single clip, so time is split, not clips. A piece keeps to its
    own frames for target and reference alike, so that neither side sees the other's pictures, and
    gives `LOOKS` samples. Of clips too short for that, one in 1 / share is held out as a whole.

    Args:
        clips: of one person.
        share: of each clip's frames.
        least: frames that a training clip needs.

    InputError where nothing can be held out.
    """
    train, val, short = [], [], []
    for clip in sorted(clips, key=lambda clip: clip.row.clip):
        frames = clip.row.frames
        kept = frames - round(frames * share)
        pieces = (frames - kept) // PIECE
        if kept < least or not pieces:
            short.append(clip)
            continue
        train.append(replace(clip, span=(0, kept)))
        edges = [kept + (frames - kept) * i // pieces for i in range(pieces + 1)]
        val += [replace(clip, span=span) for span in pairwise(edges)]
    every = round(1 / share)
    long_enough = [clip for clip in short if clip.row.frames >= PIECE][every - 1 :: every]
    val += long_enough
    train += [clip for clip in short if clip not in long_enough]
    if not val:
        raise InputError(
            f"the longest clip has {max(clip.row.frames for clip in clips)} frames: too short to hold "
            f"out {100 * share:.0f} % of it; give clips of 10 seconds or more, a minute in all"
        )
    return train, [piece for piece in val for _ in range(LOOKS)]


class SpeakerDataModule(ClipDataModule):
    """All clips of one person, with the last part of each held out for validation.

    Args:
        hold_out: share of the person's frames.
        options: see `ClipDataModule`.
    """

    def __init__(self, *, hold_out: float, **options: Any) -> None:
        super().__init__(**options)
        if not 0 < hold_out < 1:
            raise InputError(f"data.hold_out={hold_out} must lie between 0 and 1")
        self.hold_out = hold_out

    def _parts(self) -> tuple[list[Clip], list[Clip]]:
        clips = load_clips(self.manifests, SPLITS, self.min_frames)
        return hold_out(clips, self.hold_out, self.min_frames)

    def train_dataloader(self) -> DataLoader[Any]:
        """As `ClipDataModule`'s, over what is not held out."""
        return self._train_loader(self._parts()[0])

    def val_dataloader(self) -> DataLoader[Any]:
        """Fixed samples of every piece held out."""
        return self._loader(self.val_dataset(clips=self._parts()[1]), self.val_batch_size, None)
