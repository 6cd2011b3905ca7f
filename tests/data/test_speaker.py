from dataclasses import replace
from pathlib import Path

import pytest

from wav2lip.clips import ManifestRow
from wav2lip.data.clip_dataset import Clip
from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import LipDataset
from wav2lip.data.speaker import SAMPLES_PER_PIECE, SpeakerDataModule, hold_out
from wav2lip.errors import InputError
from wav2lip.synthetic.clips import write_synthetic_corpus


def clip(frames, name="a"):
    row = ManifestRow(
        f"{name}.safetensors", name, "me", "train", 0, 0.0, frames, 25.0, 96.0, 1.0, 9.0, -20.0
    )
    return Clip(Path(row.clip), row)


def test_the_end_of_each_clip_is_held_out_in_pieces_of_a_second_or_more():
    train, val = hold_out([clip(500), clip(60)], share=0.2, least=15)
    assert [c.span for c in train] == [(0, 400), None]  # a fifth of 60 frames is no second
    pieces = [(400, 425), (425, 450), (450, 475), (475, 500)]
    assert [c.span for c in val] == pieces * 3
    _, val = hold_out([clip(300)], share=0.2, least=15)
    assert [c.span for c in val[: len(val) // SAMPLES_PER_PIECE]] == [
        (240, 270),
        (270, 300),
    ]  # no frame is left over


def test_of_many_short_clips_every_fifth_is_held_out_whole():
    clips = [clip(29, f"{number:02}") for number in range(11)] + [clip(20, "99")]
    train, val = hold_out(clips[::-1], share=0.2, least=15)
    assert [c.row.source for c in val] == ["04", "09"] * SAMPLES_PER_PIECE
    assert {c.span for c in val} == {None}
    assert sorted(c.row.source for c in train) == [
        *("00", "01", "02", "03", "05", "06", "07", "08", "10", "99")
    ]


def test_a_person_of_a_few_frames_is_refused():
    with pytest.raises(InputError, match="longest clip has 60 frames, too few"):
        hold_out([clip(60)], share=0.2, least=15)


def test_windows_and_references_keep_to_the_span(tmp_path):
    write_synthetic_corpus(tmp_path, {"train": 1}, seconds=4.0, image_size=48)
    (one,) = load_clips([str(tmp_path)], "train")
    seen = []

    class Watched(LipDataset):
        def _face_augment(self, file, rng):
            view = super()._face_augment(file, rng)
            crops = file.crops

            def watch(frames):
                seen.extend(frames.tolist())
                return crops(frames)

            file.crops = watch
            return view

    dataset = Watched([replace(one, span=(40, 70))], samples=40, image_size=48)
    for index in range(40):
        start = int(dataset[index]["start"])
        assert 40 <= start <= 65
    assert min(seen) >= 40
    assert max(seen) <= 69


def test_all_splits_of_the_manifest_are_one_persons(tmp_path):
    write_synthetic_corpus(tmp_path, {"train": 1, "val": 1}, seconds=6.0, image_size=48)
    module = SpeakerDataModule(
        dataset=LipDataset,
        val_dataset=LipDataset,
        manifests=[str(tmp_path)],
        batch_size=2,
        steps_per_epoch=2,
        hold_out=0.2,
    )
    train, val = module._split()
    assert [c.span for c in train] == [(0, 120), (0, 120)]
    assert len(val) == 2 * SAMPLES_PER_PIECE
    assert len(module.val_dataloader().dataset) == 2 * SAMPLES_PER_PIECE
    with pytest.raises(InputError, match=r"hold_out must be between 0 and 1, not 1\.5"):
        SpeakerDataModule(
            dataset=LipDataset,
            val_dataset=LipDataset,
            manifests=[],
            batch_size=2,
            steps_per_epoch=2,
            hold_out=1.5,
        )
