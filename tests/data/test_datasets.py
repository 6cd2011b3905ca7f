import numpy as np
import pytest
import torch

from wav2lip.clips import ClipFile
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.datamodule import load_clips
from wav2lip.data.datasets import LipDataset, SyncDataset
from wav2lip.errors import InputError
from wav2lip.media.alignment import mel_start
from wav2lip.synthetic.clips import write_synthetic_corpus


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 4}, seconds=2.0, image_size=48)
    return load_clips([str(folder)], "train")


def same(a, b):
    return all(torch.equal(a[k], b[k]) if torch.is_tensor(a[k]) else a[k] == b[k] for k in a)


def test_sync_samples_have_the_shapes_of_the_glossary(clips):
    sample = SyncDataset(clips, samples=100, windows=6, image_size=48)[3]
    assert sample["lips"].shape == (6, 15, 24, 48)
    assert sample["lips"].dtype == torch.uint8
    assert sample["mel"].shape == (6, 1, 80, 16)
    assert sample["start"].shape == (6,)
    assert sample["clip"] in {clip.row.clip for clip in clips}


def test_lip_samples_have_the_shapes_of_the_glossary(clips):
    sample = LipDataset(clips, samples=100, image_size=48)[3]
    assert sample["target"].shape == sample["reference"].shape == (3, 5, 48, 48)
    assert sample["target"].dtype == torch.uint8
    assert sample["mels"].shape == (5, 1, 80, 16)
    assert sample["mel"].shape == (1, 80, 16)
    assert sample["negatives"].shape == (0, 1, 80, 16)
    assert sample["start"].shape == ()


def test_other_sounds_are_the_clips_own_from_moments_that_do_not_overlap(clips):
    sample = LipDataset(clips, samples=100, image_size=48, negatives=7)[3]
    assert sample["negatives"].shape == (7, 1, 80, 16)
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    away = [s for s in range(file.frames - 4) if abs(s - int(sample["start"])) >= 5]
    allowed = [file.mel(mel_start(s / 25), 16) for s in away]
    assert all(any((o[0].numpy() == a).all() for a in allowed) for o in sample["negatives"])


@pytest.mark.parametrize("kind", [SyncDataset, LipDataset])
def test_the_same_index_gives_the_same_sample_whatever_came_before(clips, kind):
    augment = AugmentSettings(freq_mask=0.5)
    data = kind(clips, samples=10, image_size=48, augment=augment, seed=5)
    first = data[7]
    for index in (1, 2, 7000):
        assert not same(data[index], first)
    assert same(data[7], first)
    assert same(kind(clips, samples=10, image_size=48, augment=augment, seed=5)[7], first)
    assert not same(kind(clips, samples=10, image_size=48, augment=augment, seed=6)[7], first)


def test_lips_and_sound_are_those_of_their_frames(clips):
    sample = SyncDataset(clips, samples=10, windows=4, image_size=48)[0]
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    for window, start in enumerate(sample["start"].tolist()):
        crops = file.crops(np.arange(start, start + 5))[:, 6:54, 6:54]
        lips = crops[:, 24:].transpose(0, 3, 1, 2).reshape(15, 24, 48)
        assert (sample["lips"][window].numpy() == lips).all()
        assert (sample["mel"][window, 0].numpy() == file.mel(int(3.2 * start + 1e-6), 16)).all()


def test_windows_of_sixteen_frames_have_the_sound_of_sixteen(clips):
    sample = SyncDataset(clips, samples=10, windows=2, image_size=48, window=16)[0]
    assert sample["lips"].shape == (2, 48, 24, 48)
    assert sample["mel"].shape == (2, 1, 80, 51)
    clip = next(clip for clip in clips if clip.row.clip == sample["clip"])
    file = ClipFile(clip.path)
    for window, start in enumerate(sample["start"].tolist()):
        assert start + 16 <= file.frames
        assert (sample["mel"][window, 0].numpy() == file.mel(int(3.2 * start + 1e-6), 51)).all()


def test_a_lip_sample_hears_each_frame_at_the_offset(clips):
    sample = LipDataset(clips, samples=10, image_size=48, mel_offset_frames=-2)[1]
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    start = int(sample["start"])
    assert start >= 2
    for frame in range(5):
        column = int(3.2 * (start + frame - 2) + 1e-6)
        assert (sample["mels"][frame, 0].numpy() == file.mel(column, 16)).all()
    assert (sample["mel"][0].numpy() == file.mel(int(3.2 * start + 1e-6), 16)).all()


def test_validation_has_one_fixed_sample_a_clip_without_augmentation(clips):
    data = SyncDataset(clips, windows=25, image_size=48, augment=AugmentSettings(flip=1))
    assert len(data) == 4
    assert [data[i]["clip"] for i in range(4)] == [clip.row.clip for clip in clips]
    assert data[0]["start"].tolist() == list(range(10, 35))
    plain = SyncDataset(clips, windows=25, image_size=48)
    assert same(plain[0], data[0])


def test_clips_too_short_for_all_windows_do_not_validate_unless_all_are(clips):
    import dataclasses

    short = dataclasses.replace(clips[0], row=dataclasses.replace(clips[0].row, frames=28))
    assert SyncDataset([short, clips[1]], windows=25, image_size=48).clips == [clips[1]]
    assert SyncDataset([short], windows=25, image_size=48).clips == [short]
    assert len(SyncDataset([short, clips[1]], samples=4, windows=25, image_size=48).clips) == 2


def test_a_weight_decides_how_often_a_clip_is_drawn(clips):
    import dataclasses

    weighted = [dataclasses.replace(clips[0], weight=3.0), *clips[1:3]]
    data = SyncDataset(weighted, samples=400, windows=1, image_size=48)
    drawn = [data._draw(index)[0].row.clip for index in range(400)]
    assert 0.52 < drawn.count(clips[0].row.clip) / 400 < 0.68  # 3 of 5


def test_nothing_to_draw_from_is_one_line():
    with pytest.raises(InputError, match="no clip is left"):
        LipDataset([], samples=4)


def test_a_change_of_tempo_moves_picture_and_sound_alike(clips, monkeypatch):
    monkeypatch.setattr("wav2lip.data.datasets.sample_tempo", lambda *_: 1.25)
    sample = LipDataset(clips, samples=10, image_size=48)[1]
    file = ClipFile(next(c.path for c in clips if c.row.clip == sample["clip"]))
    start = int(sample["start"])
    frames = np.rint(start + 1.25 * np.arange(5)).clip(max=file.frames - 1).astype(int)
    crops = file.crops(frames)[:, 6:54, 6:54].transpose(3, 0, 1, 2)
    assert (sample["target"].numpy() == crops).all()
    column = int(3.2 * start + 1e-6)
    wide = file.mel(column, 22)
    assert sample["mel"][0, :, ::4].numpy() == pytest.approx(wide[:, [0, 5, 10, 15]], abs=1e-5)
    # The window of the fifth frame begins five source frames on, 1.25 columns of sound a column.
    later = file.mel(int(3.2 * (start + 5) + 1e-6), 22)
    assert sample["mels"][4, 0, :, ::4].numpy() == pytest.approx(later[:, [0, 5, 10, 15]], abs=1e-5)
