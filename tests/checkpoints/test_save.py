import json
import os

import pytest
from networks import same, seeded
from safetensors import safe_open
from torch import nn

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.errors import InputError

SMALL = {"_target_": "wav2lip.models.Generator", "width": 0.125}
EXPERT = {"_target_": "wav2lip.models.SyncNet", "width": 0.125, "embedding": 64}


@pytest.fixture(scope="module")
def small() -> nn.Module:
    return seeded(build_network(SMALL))


def test_round_trip_in_half_and_full_precision(small, tmp_path):
    metadata = {"mel_offset_frames": -1, "fps": 25, "step": 12}
    save_network(tmp_path / "half.safetensors", small, SMALL, metadata)
    save_network(tmp_path / "full.safetensors", small, SMALL, metadata, half=False)
    half = load_network(tmp_path / "half.safetensors", "generator")
    full = load_network(str(tmp_path / "full.safetensors"))
    assert half.config == full.config == SMALL
    assert half.metadata == {**metadata, "image_size": 96, "face_crop": "s3fd"}
    assert not half.network.training
    assert len(half.sha256) == 64
    same(full.network, small)
    same(half.network, small, 1e-3)
    sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "full")]
    assert sizes[0] < 0.6 * sizes[1]
    with safe_open(tmp_path / "half.safetensors", "pt") as file:
        assert set(file.metadata()) == {"wav2lip"}
        assert json.loads(file.metadata()["wav2lip"])["config"] == SMALL
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full.safetensors", "half.safetensors"]


def test_half_keeps_what_fp16_cannot_hold(tmp_path):
    network = seeded(build_network(EXPERT))
    network.face_encoder[0].conv_block[1].running_var.fill_(1e6)
    save_network(tmp_path / "a.safetensors", network, EXPERT, {})
    loaded = load_network(tmp_path / "a.safetensors", "syncnet").network
    assert loaded.face_encoder[0].conv_block[1].running_var[0] == 1e6


def test_nothing_is_left_where_writing_fails(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be written"):
        save_network(tmp_path / "file" / "a.safetensors", small, SMALL, {})

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(InputError, match=r"a\.safetensors: cannot be written: the disk is full"):
        save_network(tmp_path / "a.safetensors", small, SMALL, {})
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
