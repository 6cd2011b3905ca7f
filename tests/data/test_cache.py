import copy

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from wav2lip.clips import ClipFile
from wav2lip.data.augment import AugmentSettings
from wav2lip.data.cache import CropCache
from wav2lip.data.datamodule import collate, load_clips
from wav2lip.data.datasets import LipDataset, SyncDataset
from wav2lip.data.reference import PoseMatchedReference
from wav2lip.synthetic.clips import write_synthetic_corpus

SIDE = 60  # px of a crop for faces of 48
PICTURE = SIDE * SIDE * 3 / 2**20  # MiB


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 4}, seconds=2.0, image_size=48)
    return load_clips([str(folder)], "train")


@pytest.fixture
def frames(clips):
    return {clip.path: clip.row.frames for clip in clips}


@pytest.fixture
def decoded(monkeypatch):
    """Numbers of the frames that are decoded, as they are."""
    seen = []
    crops = ClipFile.crops

    def noted(self, frames):
        seen.extend(frames.tolist())
        return crops(self, frames)

    monkeypatch.setattr(ClipFile, "crops", noted)
    return seen


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SyncDataset, {}),
        (LipDataset, {"negatives": 2}),
        (LipDataset, {"reference": PoseMatchedReference()}),
    ],
)
@pytest.mark.parametrize("pictures", [0, 60, 1000])  # none, one clip of 50 frames, all
def test_samples_are_the_same_to_the_bit(clips, kind, options, pictures):
    augment = AugmentSettings(tempo=0.05, freq_mask=0.5)
    plain = kind(clips, samples=100, image_size=48, augment=augment, **options)
    kept = kind(clips, samples=100, image_size=48, augment=augment, **options)
    kept.cache_crops(pictures * PICTURE, 1)
    for index in [*range(12), *range(12)]:
        expected, sample = plain[index], kept[index]
        for name, value in expected.items():
            assert (
                torch.equal(value, sample[name])
                if torch.is_tensor(value)
                else value == sample[name]
            ), name


def test_a_picture_is_decoded_once(clips, frames, decoded):
    cache, file = CropCache(frames, SIDE, 1000 * PICTURE), ClipFile(clips[2].path)
    first = cache.crops(file, np.array([3, 4, 5])).copy()
    again = cache.crops(file, np.array([6, 4, 4, 3]))
    assert decoded == [3, 4, 5, 6]
    assert (again[1:] == first[[1, 1, 0]]).all()
    assert (again == ClipFile(clips[2].path).crops(np.array([6, 4, 4, 3]))).all()


def test_what_does_not_fit_is_decoded_every_time(clips, frames, decoded):
    cache = CropCache(frames, SIDE, 120 * PICTURE)  # two clips of 50 frames
    for _ in range(2):
        for clip in clips:
            cache.crops(ClipFile(clip.path), np.array([7]))
    assert len(decoded) == 2 + 2 * 2
    other = CropCache(frames, SIDE + 4, 1000 * PICTURE)  # of another size than the first clip's
    for _ in range(2):
        assert other.crops(ClipFile(clips[0].path), np.array([7])).shape == (1, SIDE, SIDE, 3)
    assert len(decoded) == 2 + 2 * 2 + 2


def test_forked_loader_processes_share_and_spawned_ones_take_their_part(clips, frames, decoded):
    data = LipDataset(clips, samples=64, image_size=48)
    data.cache_crops(1000 * PICTURE, 2)
    loader = DataLoader(data, 8, num_workers=2, multiprocessing_context="fork", collate_fn=collate)
    assert len(list(loader)) == 8
    assert not decoded  # not here,
    for index in range(64):
        data[index]
    assert not decoded  # and not again
    cache = CropCache(frames, SIDE, 240 * PICTURE, processes=2)
    alone = copy.copy(cache)  # by the same protocol as pickle
    for _ in range(2):
        for clip in clips:
            alone.crops(ClipFile(clip.path), np.array([7]))
    assert len(decoded) == 2 + 2 * 2  # room for 120, not 240
