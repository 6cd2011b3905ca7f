import json
import shutil
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from torch.utils.data import default_collate

from wav2lip.clips import read_manifest, write_manifest
from wav2lip.data.datamodule import (
    ClipDataModule,
    ResumableSampler,
    collate,
    load_clips,
)
from wav2lip.data.datasets import LipDataset, SyncDataset
from wav2lip.errors import InputError
from wav2lip.synthetic.clips import synthesize, write_synthetic_clip, write_synthetic_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_synthetic_corpus(folder, {"train": 3, "val": 2}, seconds=1.2, image_size=48)
    return folder


def module(corpus, **changes: object):
    dataset = partial(SyncDataset, windows=3, image_size=48)
    arguments = {"manifests": [str(corpus)], "batch_size": 2, "steps_per_epoch": 4, **changes}
    return ClipDataModule(dataset, dataset, **arguments)


def at_batch(data, batch, world=1, rank=0, device="cpu"):
    """The data module as in a run that has trained on `batch` batches."""
    loop = SimpleNamespace(epoch_loop=SimpleNamespace(total_batch_idx=batch - 1))
    data.trainer = SimpleNamespace(
        fit_loop=loop,
        world_size=world,
        global_rank=rank,
        num_devices=1,
        strategy=SimpleNamespace(root_device=torch.device(device)),
    )
    return data


def test_after_a_resume_the_next_sample_comes_next():
    consumed = 0
    sampler = ResumableSampler(12, 3, lambda: consumed)
    assert len(sampler) == 12
    assert list(sampler) == list(range(12))
    consumed = 6  # in the middle of the first epoch
    assert list(sampler) == list(range(6, 12))
    consumed = 12
    assert list(sampler) == list(range(12, 24))


def test_processes_share_each_batch():
    shares = [list(ResumableSampler(12, 3, lambda: 12, rank, 2)) for rank in (0, 1)]
    assert shares == [[12, 13, 14, 18, 19, 20], [15, 16, 17, 21, 22, 23]]


def test_the_loader_goes_on_where_training_stands(corpus):
    whole = list(at_batch(module(corpus), 0).train_dataloader())
    rest = list(at_batch(module(corpus), 2).train_dataloader())
    assert (len(whole), len(rest)) == (4, 2)
    for expected, batch in zip(whole[2:], rest, strict=True):
        assert batch["clip"] == expected["clip"]
        assert torch.equal(batch["lips"], expected["lips"])
        assert torch.equal(batch["mel"], expected["mel"])


def test_a_batch_is_torchs_own_but_keeps_pictures_pixel_by_pixel(corpus):
    data = LipDataset(load_clips([str(corpus)], "train"), samples=9, image_size=48)
    samples = [data[0], data[1]]
    batch, usual = collate(samples), default_collate(samples)
    assert list(batch) == list(usual)
    for name in ("target", "reference", "mels", "mel", "negatives", "start"):
        assert torch.equal(batch[name], usual[name]), name
    assert batch["clip"] == usual["clip"] == [sample["clip"] for sample in samples]
    assert batch["target"].shape == (2, 3, 5, 48, 48)
    assert batch["target"].is_contiguous(memory_format=torch.channels_last_3d)


def test_memory_is_pinned_and_processes_are_many_for_a_gpu_alone(corpus, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr("wav2lip.data.loader.cpu_count", lambda: 6)
    found = {}
    for device in ("cpu", "cuda"):
        data = at_batch(module(corpus, num_workers=None), 0, device=device)
        found[device] = (data.train_dataloader(), data.val_dataloader())
    assert [loader.pin_memory for loader in found["cpu"]] == [False, False]
    assert [loader.num_workers for loader in found["cpu"]] == [1, 1]
    assert [loader.pin_memory for loader in found["cuda"]] == [True, True]
    assert [loader.num_workers for loader in found["cuda"]] == [5, 5]
    data = at_batch(module(corpus, num_workers=2), 0, device="cuda")
    assert data.train_dataloader().num_workers == 2


def test_decoded_crops_are_kept_within_the_bound(corpus):
    data = at_batch(module(corpus, cache_mb=1), 0)
    kept = data.train_dataloader().dataset._cache
    assert kept.megabytes == 1
    assert at_batch(module(corpus), 0).train_dataloader().dataset._cache.megabytes == 2048


def test_validation_sees_every_clip_once(corpus):
    batches = list(module(corpus, val_batch_size=8).val_dataloader())
    assert [len(batch["clip"]) for batch in batches] == [2]


def test_few_validation_clips_are_warned_of(corpus, caplog):
    module(corpus).val_dataloader()
    assert "the validation has only 2 clips" in caplog.text


def test_another_rate_is_warned_of(tmp_path, caplog):
    row = write_synthetic_clip(tmp_path, "fast", synthesize(1, 1.0, fps=30.0), image_size=48)
    write_manifest(tmp_path / "manifest.csv", [row])
    SyncDataset(load_clips(str(tmp_path), "train"), samples=4, image_size=48)
    assert "there are clips at 30 fps" in caplog.text


def test_manifests_are_one_several_or_weighted(corpus):
    assert len(load_clips(str(corpus), "train")) == 3
    assert len(load_clips([str(corpus), str(corpus / "manifest.csv")], "train")) == 6
    assert [clip.weight for clip in load_clips({str(corpus): 0.5}, "val")] == [0.5, 0.5]


def test_what_cannot_be_trained_on_is_named(corpus, tmp_path):
    with pytest.raises(InputError, match="no clip of split 'test'"):
        load_clips([str(corpus)], "test")
    with pytest.raises(InputError, match="with 500 frames"):
        load_clips([str(corpus)], "train", min_frames=500)
    (tmp_path / "manifest.csv").write_bytes((corpus / "manifest.csv").read_bytes())
    with pytest.raises(InputError, match=r"safetensors: missing, although the manifest names it"):
        load_clips([str(tmp_path)], "train")
    with pytest.raises(InputError, match="batch_size must be at least 2, not 1"):
        module(corpus, batch_size=1)
    with pytest.raises(InputError, match="steps_per_epoch must be at least 1, not 0"):
        module(corpus, steps_per_epoch=0)


def test_a_manifest_that_is_not_of_its_clips_is_named(corpus, tmp_path):
    rows = read_manifest(corpus)
    (tmp_path / "clips").symlink_to(corpus / "clips")
    for changes in ({"frames": 10**6}, {"fps": 50.0}):
        write_manifest(tmp_path / "manifest.csv", [replace(rows[0], **changes), *rows[1:]])
        with pytest.raises(
            InputError, match=r"safetensors: has \d+ frames at 25 fps, but"
        ) as caught:
            load_clips(str(tmp_path), rows[0].split, 1)
        assert rows[0].clip in str(caught.value)


def aligned_copy(corpus, folder):
    """The corpus with the metadata of aligned crops in its first training clip."""
    shutil.copytree(corpus, folder)
    row = next(row for row in read_manifest(folder) if row.split == "train")
    with safe_open(folder / row.clip, "np") as file:
        metadata = json.loads(file.metadata()["clip"])
    header = {"clip": json.dumps({**metadata, "face_crop": "aligned"})}
    save_file(load_file(folder / row.clip), folder / row.clip, header)
    return row.clip


def test_the_crop_of_the_training_clips_is_known(corpus, tmp_path):
    data = at_batch(module(corpus), 0)
    assert data.face_crop is None
    data.train_dataloader()
    assert data.face_crop == "s3fd"
    clip = aligned_copy(corpus, tmp_path / "a")
    rows = [row for row in read_manifest(tmp_path / "a") if row.clip == clip]
    write_manifest(tmp_path / "a" / "manifest.csv", rows)
    data = at_batch(module(tmp_path / "a"), 0)
    data.train_dataloader()
    assert data.face_crop == "aligned"


def test_clips_with_different_crops_are_refused(corpus, tmp_path):
    clip = aligned_copy(corpus, tmp_path / "a")
    with pytest.raises(
        InputError, match=r"preprocess all clips with one clip\.face_crop"
    ) as caught:
        load_clips([str(tmp_path / "a")], "train")
    assert "\n" not in str(caught.value)
    assert clip in str(caught.value)
