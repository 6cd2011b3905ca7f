"""Clips of a single speaker: part of each clip is held out, whatever the manifest's split is."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from torch.utils.data import DataLoader

from wav2lip.data.clip_dataset import Clip
from wav2lip.data.datamodule import ClipDataModule, load_clips
from wav2lip.errors import InputError

PIECE = 25  # frames, shortest part of a clip that a validation sample is drawn from
SAMPLES_PER_PIECE = 3  # so that even a few held-out seconds give a usable mean
USED_SPLITS = ("train", "val")  # `test` stays unseen


def hold_out(clips: Sequence[Clip], share: float, least: int) -> tuple[list[Clip], list[Clip]]:
    """Split a speaker's clips in time: the end of each clip is held out, cut into pieces of a second.

    The material of one speaker is often a single clip, so each clip is split. Target and reference of a
    validation sample both come from its piece, and training samples from the rest: neither side contains
    frames of the other. Each piece gives `SAMPLES_PER_PIECE` samples. Clips too short to split are
    held out whole, one in 1 / share.

    Args:
        clips: of one speaker.
        share: part of each clip's frames to hold out, 0-1.
        least: shortest training clip, frames.

    Returns:
        Training clips and validation pieces.

    Raises:
        InputError: the clips are too short to hold anything out.
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
    step = round(1 / share)
    long_enough = [clip for clip in short if clip.row.frames >= PIECE][step - 1 :: step]
    val += long_enough
    train += [clip for clip in short if clip not in long_enough]
    if not val:
        raise InputError(
            f"the longest clip has {max(clip.row.frames for clip in clips)} frames, too few to hold out "
            f"{100 * share:.0f} % of it; add clips of at least 10 seconds, a minute in total"
        )
    # Neighbours in a batch lend each other their sound: they must not be of the same piece.
    return train, val * SAMPLES_PER_PIECE


class SpeakerDataModule(ClipDataModule):
    """All clips of one speaker, with the last part of each held out for validation.

    Args:
        hold_out: part of each clip's frames to hold out, between 0 and 1.
        options: arguments of `ClipDataModule`.

    Raises:
        InputError: `hold_out` is not between 0 and 1.
    """

    def __init__(self, *, hold_out: float, **options: Any) -> None:
        super().__init__(**options)
        if not 0 < hold_out < 1:
            raise InputError(f"hold_out must be between 0 and 1, not {hold_out}")
        self.hold_out = hold_out

    def _split(self) -> tuple[list[Clip], list[Clip]]:
        clips = load_clips(self.manifests, USED_SPLITS, self.min_frames)
        return hold_out(clips, self.hold_out, self.min_frames)

    def train_dataloader(self) -> DataLoader[Any]:
        """Return a loader over the clips without their held-out parts."""
        return self._train_loader(self._split()[0])

    def val_dataloader(self) -> DataLoader[Any]:
        """Return a loader over fixed samples of every held-out piece."""
        return self._loader(self.val_dataset(clips=self._split()[1]), self.val_batch_size, None)
