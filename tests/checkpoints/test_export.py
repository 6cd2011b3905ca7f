import json
import sys
from typing import cast

import pytest
import torch
from networks import same, seeded
from torch import nn

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.checkpoints import export as convert
from wav2lip.checkpoints.export import save_published, unlike_published
from wav2lip.models import Generator, SyncNet

SMALL = {"_target_": "wav2lip.models.Generator", "width": 0.125}


@pytest.fixture(scope="module")
def small() -> nn.Module:
    return seeded(build_network(SMALL))


def test_published_layout(small, tmp_path):
    save_published(tmp_path / "out.pth", small, {"step": 9, "epoch": 1})
    content = torch.load(tmp_path / "out.pth", weights_only=True)
    assert list(content) == ["state_dict", "optimizer", "global_step", "global_epoch"]
    assert content["optimizer"] is None
    assert (content["global_step"], content["global_epoch"]) == (9, 1)
    assert content["state_dict"]["output_block.1.weight"].shape == (3, 8, 1, 1)


def test_command_line_converts_there_and_back(tmp_path, monkeypatch, capsys):
    network = seeded(SyncNet())
    source, slim, back = (tmp_path / n for n in ("expert.pth", "out/expert.safetensors", "b.pth"))
    torch.save({"state_dict": network.state_dict()}, source)

    def run(*args: object) -> int:
        monkeypatch.setattr(sys, "argv", ["convert", *map(str, args)])
        try:
            convert.main()
        except SystemExit as stopped:
            return int(stopped.code or 0)
        return 0

    assert run("slim", source, slim, "--network", "syncnet") == 0
    assert "32.9 MB" in capsys.readouterr().out
    assert run("published", slim, back) == 0
    same(load_network(back, "syncnet").network, network, 1e-3)
    capsys.readouterr()
    assert run("slim", source, tmp_path / "no.safetensors", "--network", "generator") == 2
    error = capsys.readouterr().err.strip()
    assert error == f"error: {source}: holds a sync expert, not a generator"
    assert not (tmp_path / "no.safetensors").exists()
    assert run("slim", slim, tmp_path / "no.safetensors", "--motion_gain", "2") == 2
    assert run("slim", "default", tmp_path / "wide.safetensors", "--motion_gain", "1.5") == 0
    mel = torch.rand(2, 1, 80, 16)
    heard = [
        cast("Generator", load_network(path).network).audio_encoder(mel)
        for path in ("default", tmp_path / "wide.safetensors")
    ]
    assert torch.allclose(heard[1], 1.5 * heard[0], atol=0.02)
    said, wide = (
        load_network(path).metadata["motion_gain"]
        for path in ("default", tmp_path / "wide.safetensors")
    )
    assert wide == pytest.approx(1.5 * said)


def test_what_other_tools_cannot_run_is_said(small, tmp_path, monkeypatch, capsys):
    save_network(tmp_path / "small.safetensors", small, SMALL, {"mel_offset_frames": -2})
    files = [str(tmp_path / "small.safetensors"), str(tmp_path / "small.pth")]
    monkeypatch.setattr(sys, "argv", ["convert", "published", *files])
    convert.main()
    shape, sound = capsys.readouterr().err.splitlines()
    assert "another shape than the published network" in shape
    assert "hears each frame from -2 frames on" in sound


def test_the_published_export_has_the_published_keys_and_shapes(shared, tmp_path):
    published = seeded(Generator())
    save_network(tmp_path / "a.safetensors", published, {**SMALL, "width": 1.0}, {}, half=False)
    loaded = load_network(tmp_path / "a.safetensors")
    assert unlike_published(loaded) == []
    save_published(tmp_path / "out.pth", loaded.network, loaded.metadata)
    written = torch.load(tmp_path / "out.pth", weights_only=True)["state_dict"]
    known = json.loads((shared / "golden" / "state_dict_shapes.json").read_text())["generator"]
    assert {name: list(value.shape) for name, value in written.items()} == known
    assert len(known) == 352
