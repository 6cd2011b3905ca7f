from dataclasses import replace

import numpy as np
import pytest
import torch
from motion_clips import without_landmarks, write_motion_corpus

from wav2lip.data.datamodule import collate, load_clips
from wav2lip.data.mesh_sync import MeshSyncDataset
from wav2lip.errors import InputError


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    write_motion_corpus(folder, {"train": 3, "val": 1}, seconds=2)
    return load_clips([str(folder)], "train")


def test_a_stretch_holds_its_sound_and_its_motion(clips):
    dataset = MeshSyncDataset(clips, 8, frames=20, speech=False, seed=3)
    sample = dataset[5]
    assert sample["audio"].shape == (80, 60)
    assert sample["motion"].shape == (20, 12)
    assert sample["seen"].all()
    again = MeshSyncDataset(clips, 8, frames=20, speech=False, seed=3)[5]
    assert all(torch.equal(again[k], v) for k, v in sample.items() if k != "clip")
    plain = MeshSyncDataset(
        clips, 8, frames=20, speech=False, seed=3, gain=0, shift=0, jitter=0, hiss=0
    )[5]
    whole = next(
        s
        for s in map(MeshSyncDataset(clips, speech=False).__getitem__, range(3))
        if s["clip"] == plain["clip"]
    )
    (start,) = [i for i in range(31) if torch.equal(whole["motion"][i : i + 20], plain["motion"])]
    torch.testing.assert_close(
        whole["audio"][:, 3 * start : 3 * start + 60], plain["audio"], atol=1e-4, rtol=0
    )
    assert 0.05 < (sample["motion"] - plain["motion"]).abs().mean() < 1


def test_a_short_clip_is_padded_and_validation_takes_whole_clips(clips):
    sample = MeshSyncDataset(clips, 2, frames=70, speech=False)[0]
    assert sample["seen"].tolist() == [True] * 50 + [False] * 20
    assert sample["audio"].shape == (80, 210)
    dataset = MeshSyncDataset(clips, speech=False)
    batch = collate([dataset[0], dataset[1]])
    assert batch["audio"].shape == (2, 80, 150)
    assert np.isfinite(batch["motion"]).all()


def test_features_of_speech_come_beneath_the_mel(clips):
    assert MeshSyncDataset(clips[:1], 1, frames=10)[0]["audio"].shape == (368, 30)


def test_clips_without_landmarks_are_left_out_unless_all_are(clips, tmp_path):
    bare = replace(clips[0], path=without_landmarks(tmp_path / "bare", clips[0].path))
    dataset = MeshSyncDataset([bare, clips[1]], speech=False)
    assert [clip.path for clip in dataset.clips] == [clips[1].path]
    with pytest.raises(InputError, match="nor has any other clip; preprocess"):
        MeshSyncDataset([bare], speech=False)


def test_clips_that_show_too_few_faces_are_left_out(clips):
    with pytest.raises(InputError, match="no clip is left to train on"):
        MeshSyncDataset(clips, min_seen=1.01)
