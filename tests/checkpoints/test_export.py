import json
from typing import cast

import pytest
import torch
from networks import same, seeded
from torch import nn

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.checkpoints.export import export_network, save_published, unlike_published
from wav2lip.errors import InputError
from wav2lip.models import Generator, MeshGenerator, SyncNet

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


def test_there_and_back(tmp_path):
    network = seeded(SyncNet())
    source, slim, back = (tmp_path / n for n in ("expert.pth", "out/expert.safetensors", "b.pth"))
    torch.save({"state_dict": network.state_dict()}, source)
    export_network(source, slim, kind="syncnet")
    assert 32.8e6 < slim.stat().st_size < 33e6
    export_network(slim, back)
    same(load_network(back, "syncnet").network, network, 1e-3)
    export_network(source, tmp_path / "full.safetensors", precision="fp32")
    same(load_network(tmp_path / "full.safetensors", "syncnet").network, network)
    with pytest.raises(InputError) as caught:
        export_network(source, tmp_path / "no.safetensors", kind="generator")
    assert str(caught.value) == f"{source}: holds a sync expert, not a generator"
    with pytest.raises(InputError, match="moves no mouth, so it has no motion gain"):
        export_network(slim, tmp_path / "no.safetensors", motion_gain=2)
    assert not (tmp_path / "no.safetensors").exists()


def test_a_motion_gain_multiplies_the_motion_of_lips(tmp_path):
    config = {"_target_": "wav2lip.models.LipMotion", "width": 8, "stacks": 1, "dilations": [1]}
    source, wider = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_network(source, seeded(build_network(config)), config, {})
    export_network(source, wider, motion_gain=1.5)
    before, after = (load_network(path, "lip_motion") for path in (source, wider))
    mel = torch.zeros(1, 80, 12)
    motion = [loaded.network(mel) for loaded in (before, after)]
    torch.testing.assert_close(motion[1], 1.5 * motion[0], rtol=2e-3, atol=1e-3)
    assert after.metadata["motion_gain"] == 1.5


def test_motion_gain_scales_the_motion_of_a_mesh_generator(tmp_path):
    config = {"_target_": "wav2lip.models.MeshGenerator", "inpainter_width": 0.25, "width": 8}
    source, wider = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_network(source, seeded(build_network(config)), config, {"fps": 25})
    export_network(source, wider, motion_gain=0.5)
    before, after = (load_network(path, "generator").network for path in (source, wider))
    assert torch.equal(after.motion.gain, 0.5 * before.motion.gain)


def test_the_suffix_or_the_format_decides(small, tmp_path):
    source = tmp_path / "a.safetensors"
    save_network(source, small, SMALL, {})
    with pytest.raises(InputError, match=r"b\.bin: its suffix does not imply a format; use"):
        export_network(source, tmp_path / "b.bin")
    export_network(source, tmp_path / "b.bin", file_format="published")
    assert "state_dict" in torch.load(tmp_path / "b.bin", weights_only=True)
    with pytest.raises(InputError, match="the format published has no precision fp16; choose fp32"):
        export_network(source, tmp_path / "b.pth", precision="fp16")
    with pytest.raises(InputError, match="is the checkpoint itself; choose another output"):
        export_network(source, source)
    with pytest.raises(InputError, match="motion gain nan: give a number above 0"):
        export_network(source, tmp_path / "b.pth", motion_gain=float("nan"))


def test_motion_gain_scales_the_motion_and_adds_up(tmp_path):
    files = ("default", tmp_path / "wide.safetensors")
    export_network("default", files[1], motion_gain=1.5)
    mel = 4 * torch.rand(1, 368, 40) - 4
    motion = [
        cast("MeshGenerator", load_network(path).network.eval()).motion(mel) for path in files
    ]
    assert torch.allclose(motion[1], 1.5 * motion[0], atol=0.02)
    before, after = (load_network(path).metadata["motion_gain"] for path in files)
    assert after == pytest.approx(1.5 * before)


def test_motion_gain_scales_the_audio_embedding(small, tmp_path):
    save_network(tmp_path / "small.safetensors", small, SMALL, {"mel_offset_frames": 0})
    export_network(tmp_path / "small.safetensors", tmp_path / "wide.safetensors", motion_gain=1.5)
    mel = torch.rand(2, 1, 80, 16)
    embeddings = [
        cast("Generator", load_network(tmp_path / name).network).audio_encoder(mel)
        for name in ("small.safetensors", "wide.safetensors")
    ]
    assert torch.allclose(embeddings[1], 1.5 * embeddings[0], atol=0.02)


def test_other_tools_limits_are_noted(small, tmp_path, capsys):
    save_network(
        tmp_path / "small.safetensors",
        small,
        SMALL,
        {"mel_offset_frames": -2, "face_crop": "aligned"},
    )
    export_network(tmp_path / "small.safetensors", tmp_path / "small.pth")
    shape, sound, crop = capsys.readouterr().err.splitlines()
    assert "differs in architecture from the published network" in shape
    assert "starts its mel window -2 frames from the image" in sound
    assert "takes faces that are turned upright" in crop


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
