import numpy as np
import pytest
import torch

from wav2lip.clips import ClipFile
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.datamodule import load_clips
from wav2lip.data.frame_sets import FrameSetDataset
from wav2lip.media.alignment import mel_start
from wav2lip.synthetic.clips import write_synthetic_corpus


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 3}, seconds=4.0, image_size=48)
    return load_clips([str(folder)], "train")


def test_shapes_are_those_of_the_glossary(clips):
    sample = FrameSetDataset(clips, samples=10, frames=6, image_size=48)[3]
    assert sample["faces"].shape == (6, 3, 48, 48)
    assert sample["faces"].dtype == torch.uint8
    assert sample["mels"].shape == (6, 1, 80, 16)
    assert sample["start"].shape == (6,)


def test_frames_lie_apart_and_within_the_span(clips):
    data = FrameSetDataset(clips, samples=50, frames=6, gap=3, span=40, image_size=48)
    for index in range(50):
        frames = np.sort(data[index]["start"].numpy())
        assert np.diff(frames).min() >= 3
        assert np.ptp(frames) < 40


def test_faces_and_sounds_are_those_of_their_frames(clips):
    sample = FrameSetDataset(clips, samples=10, frames=4, image_size=48, mel_offset_frames=-2)[0]
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    frames = sample["start"].numpy()
    crops = file.crops(frames)[:, 6:54, 6:54].transpose(0, 3, 1, 2)
    assert (sample["faces"].numpy() == crops).all()
    for mel, frame in zip(sample["mels"], frames, strict=True):
        assert (mel[0].numpy() == file.mel(mel_start((frame - 2) / 25), 16)).all()


def test_validation_is_fixed_and_training_is_seeded(clips):
    assert len(FrameSetDataset(clips, image_size=48)) == 3
    still = FrameSetDataset(clips, image_size=48, augment=AugmentSettings())[1]
    assert torch.equal(still["faces"], FrameSetDataset(clips, image_size=48)[1]["faces"])
    assert np.diff(still["start"].numpy()).tolist() == [2] * 7
    draws = [
        FrameSetDataset(clips, samples=9, image_size=48, seed=s)[4]["start"] for s in (1, 1, 2)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_a_change_of_tempo_is_heard_about_the_moment_that_is_seen(clips, monkeypatch):
    monkeypatch.setattr("wav2lip.data.frame_sets.sample_tempo", lambda *_: 1.25)
    sample = FrameSetDataset(clips, samples=10, frames=4, image_size=48, mel_offset_frames=-2)[0]
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    for mel, frame in zip(sample["mels"], sample["start"].tolist(), strict=True):
        wide = file.mel(mel_start((frame - 2.5) / 25), 22)
        assert mel[0, :, ::4].numpy() == pytest.approx(wide[:, [0, 5, 10, 15]], abs=1e-5)
