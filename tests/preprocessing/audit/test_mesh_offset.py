from dataclasses import replace

import numpy as np
import pytest
import torch
from motion_clips import (
    landmarks,
    rewritten,
    with_basis,
    without_landmarks,
    write_motion_clip,
)
from torch import nn

from wav2lip.checkpoints import save_network
from wav2lip.clips import ClipFile
from wav2lip.errors import InputError
from wav2lip.models import MeshSyncNet
from wav2lip.preprocessing.audit import mesh_offset
from wav2lip.preprocessing.audit.auditor import SyncAuditor
from wav2lip.preprocessing.audit.mesh_offset import measure_mesh

CONFIG = {
    "_target_": "wav2lip.models.MeshSyncNet",
    "width": 2,
    "embedding": 2,
    "speech": False,
}


@pytest.fixture(scope="module")
def network():
    """A network whose embeddings turn with the loudness of the middle frame and with its opening."""
    made = MeshSyncNet(**{k: v for k, v in CONFIG.items() if k != "_target_"}).eval()
    for parameter in made.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():
        made.audio[1].weight[0, :, 1] = (
            1 / 20
        )  # the mean mel of a frame, 0 to 4, after -1 in silence
        made.audio[1].bias[0] = 4.0
        made.audio[4].weight[0, 0, 1] = made.audio[7].weight[0, 0, 1] = 1.0
        made.motion[0].weight[0, 0, 1] = 1.0
        made.motion[3].weight[0, 0, 1] = made.motion[6].weight[0, 0, 0] = 1.0
        for embedding in (made.audio_embedding, made.motion_embedding):
            embedding.weight[0, 0, 0] = 1.0
            embedding.bias[1] = 2.0
    return with_basis(made)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    row = write_motion_clip(folder, "one", "train", 3, 6.0)
    return folder, row


@pytest.mark.parametrize("frames", [-5, 0, 3])
def test_a_planted_offset_comes_back(tmp_path, clip, network, frames):
    folder, row = clip
    before = measure_mesh(ClipFile(folder / row.clip), network)
    assert abs(before.av_offset) <= 2  # loudness is not the opening itself
    mesh = ClipFile(folder / row.clip).landmarks()
    late = round(3.2 * frames)
    moved = ClipFile(rewritten(tmp_path / "late", folder / row.clip, mesh, late=late))
    measured = measure_mesh(moved, network)
    assert measured.av_offset - before.av_offset == -frames
    assert measured.agreement > 0.8


def test_clips_without_enough_frames_are_not_measured(tmp_path, clip, network):
    folder, row = clip
    mesh = np.full((150, 468, 3), np.nan)
    mesh[:20] = landmarks(np.zeros((20, 1)))
    path = rewritten(tmp_path / "few", folder / row.clip, mesh)
    assert measure_mesh(ClipFile(path), network) is None
    assert measure_mesh(ClipFile(without_landmarks(tmp_path / "none", path)), network) is None


def test_an_offset_counts_frames_of_the_clip(clip, network, monkeypatch):
    folder, row = clip
    file = ClipFile(folder / row.clip)
    found = measure_mesh(file, network)
    six = lambda *_, **__: found._replace(av_offset=6)  # noqa: E731 -- frames of 40 ms
    monkeypatch.setattr(mesh_offset, "clip_offset", six)
    assert measure_mesh(file, network).av_offset == 6
    file.fps = 50.0
    monkeypatch.setattr(mesh_offset, "embed_clip", lambda *_: (None, None))
    monkeypatch.setattr(mesh_offset, "offset_scores", lambda *_: None)
    assert measure_mesh(file, network).av_offset == 12


def test_an_audit_takes_an_expert_of_geometry(tmp_path, clip, network):
    folder, row = clip
    path = tmp_path / "network.safetensors"
    save_network(path, network, CONFIG, {})
    result = SyncAuditor(str(path)).audit(folder, row)
    assert result.kept.av_offset == measure_mesh(ClipFile(folder / row.clip), network).av_offset


def test_clips_that_all_lack_landmarks_are_refused(tmp_path, clip, network):
    folder, row = clip
    path = tmp_path / "network.safetensors"
    save_network(path, network, CONFIG, {})
    with pytest.raises(InputError, match="its clips have no landmarks; preprocess"):
        SyncAuditor(str(path))(folder, [replace(row, mar_low=None)])


def test_an_audit_refuses_a_generator():
    with pytest.raises(InputError, match="is a generator, not a sync expert"):
        SyncAuditor("bundled:generator")
