import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from networks import same, seeded
from safetensors.torch import save_file
from torch import nn

from wav2lip.checkpoints import TrainingId, build_network, load_network, save_network
from wav2lip.errors import InputError
from wav2lip.models import Generator, QualityDiscriminator

SMALL = {"_target_": "wav2lip.models.Generator", "width": 0.125}
EXPERT = {"_target_": "wav2lip.models.SyncNet", "width": 0.125, "embedding": 64}


@pytest.fixture(scope="module")
def small() -> nn.Module:
    return seeded(build_network(SMALL))


@pytest.fixture(scope="module")
def published() -> nn.Module:
    return seeded(Generator())


def refuses(path: Path | str, *words: str, kind="generator") -> None:
    with pytest.raises(InputError) as caught:
        load_network(path, kind)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_loaded_network_trains(small, tmp_path):
    save_network(tmp_path / "a.safetensors", small, SMALL, {})
    network = load_network(tmp_path / "a.safetensors").network.train()
    network(torch.zeros(2, 1, 80, 16), torch.rand(2, 6, 96, 96)).mean().backward()
    assert all(p.grad is not None for p in network.parameters())


@pytest.mark.parametrize(("prefix", "legacy"), [("", False), ("module.", True)])
def test_published_files(published, prefix, legacy, tmp_path):
    content = {
        "state_dict": OrderedDict((prefix + k, v) for k, v in published.state_dict().items()),
        "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.zeros(2)}}, "param_groups": []},
        "global_step": 300,
        "global_epoch": 4,
    }
    path = tmp_path / "wav2lip.pth"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    loaded = load_network(path, "generator")
    same(loaded.network, published)
    assert loaded.config == {"_target_": "wav2lip.models.Generator"}
    expected = {
        "mel_offset_frames": 0,
        "fps": 25,
        "image_size": 96,
        "face_crop": "s3fd",
        "step": 300,
        "epoch": 4,
    }
    assert loaded.metadata == expected


def test_a_bare_state_dict_of_the_discriminator(tmp_path):
    network = seeded(QualityDiscriminator())
    torch.save(network.state_dict(), tmp_path / "disc.pth")
    same(load_network(tmp_path / "disc.pth").network, network)


def test_published_weights_converted_to_safetensors_by_others(published, tmp_path):
    state = {k: v.contiguous() for k, v in published.state_dict().items()}
    save_file(state, tmp_path / "wav2lip.safetensors")
    same(load_network(tmp_path / "wav2lip.safetensors").network, published)


@pytest.mark.filterwarnings("ignore")
def test_torchscript_is_read_without_compiling_it(published, tmp_path, monkeypatch):
    inputs = (torch.zeros(1, 1, 80, 16), torch.rand(1, 6, 96, 96))
    torch.jit.trace(published, inputs, check_trace=False).save(tmp_path / "Wav2Lip-SD-GAN.pt")
    monkeypatch.setattr(torch.jit, "load", None)
    same(load_network(tmp_path / "Wav2Lip-SD-GAN.pt", "generator").network, published)


def test_a_lightning_checkpoint_of_a_gan_task(tmp_path):
    generator = seeded(build_network(SMALL))
    judge_config = {"_target_": "wav2lip.models.QualityDiscriminator", "width": 0.125}
    discriminator = seeded(build_network(judge_config))
    state = {f"generator.{k}": v for k, v in generator.state_dict().items()}
    state |= {f"discriminator.{k}": v for k, v in discriminator.state_dict().items()}
    content = {
        "state_dict": state,
        "hyper_parameters": {
            "generator": SMALL,
            "discriminator": judge_config,
            "mel_offset_frames": -1,
            "expert_id": "seed 1",
            "expert": "/home/somebody/expert.ckpt",
        },
        "epoch": 2,
        "global_step": 50,
    }
    torch.save(content, tmp_path / "last.ckpt")
    loaded = load_network(tmp_path / "last.ckpt")
    same(loaded.network, generator)
    assert loaded.metadata["mel_offset_frames"] == -1
    assert loaded.metadata["step"] == 50
    assert loaded.metadata["expert_id"] == "seed 1"
    assert "expert" not in loaded.metadata  # where the file lay is nobody else's business
    same(load_network(tmp_path / "last.ckpt", "quality_discriminator").network, discriminator)
    refuses(
        tmp_path / "last.ckpt", "holds a generator and a quality", "sync expert", kind="syncnet"
    )


def test_other_networks_are_named(tmp_path):
    save_network(tmp_path / "expert.safetensors", seeded(build_network(EXPERT)), EXPERT, {})
    refuses(tmp_path / "expert.safetensors", "expert.safetensors: holds a sync expert, not a gen")
    torch.save({"conv3_3_norm.weight": torch.zeros(256)}, tmp_path / "s3fd.pth")
    refuses(tmp_path / "s3fd.pth", "S3FD face detector")
    torch.save({"module.body.stage1.0.0.weight": torch.zeros(8)}, tmp_path / "retina.pth")
    refuses(tmp_path / "retina.pth", "RetinaFace")
    gfpgan = {"params_ema": {"stylegan_decoder.constant_input.weight": torch.zeros(8)}}
    torch.save(gfpgan, tmp_path / "gfpgan.pth")
    refuses(tmp_path / "gfpgan.pth", "GFPGAN")
    torch.save({"fc.weight": torch.zeros(8)}, tmp_path / "other.pth")
    refuses(tmp_path / "other.pth", "unknown network", "fc.weight")


def test_detector_weights_beside_the_checkout_are_named(shared):
    refuses(shared / "weights" / "retinaface_mobilenet0.25.pth", "RetinaFace")
    refuses(shared / "weights" / "scrfd_2.5g_bnkps.onnx", "ONNX")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.pth", b"", "is empty"),
        ("page.pth", b"\n<!DOCTYPE html><html>Sign in</html>", "HTML page"),
        ("lfs.pth", b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
        ("notes.pth", b"just a text", "not a checkpoint"),
        ("model.onnx", b"\x08\x08\x12\x07pytorch", "ONNX"),
        ("cut.pth", b"PK\x03\x04 and no more", "truncated"),
        ("cut.pkl", b"\x80\x02}", "damaged"),
        ("cut.safetensors", (80).to_bytes(8, "little") + b'{"a": ', "truncated"),
    ],
)
def test_what_is_no_checkpoint_is_named(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    refuses(tmp_path / name, name, words)


def test_missing_directory_and_unknown_name(tmp_path):
    refuses(tmp_path / "no.pth", "no such checkpoint file")
    refuses(tmp_path, "is a directory")
    refuses("wav2lip_hd", "not one of the names default, wav2lip, wav2lip_gan")


def test_an_expert_asked_for_by_a_generator_s_name_is_told_which_to_use():
    for name in ("default", "bundled:generator"):
        refuses(name, f"{name}: is a generator, not a sync expert; use bundled:", kind="syncnet")
    refuses("bundled:judge", "is a sync expert, not a generator; use bundled:generator")
    refuses("judge", "not one of the names default", "bundled:judge", kind="syncnet")


def test_a_loaded_network_knows_its_training_run(small, tmp_path):
    save_network(
        tmp_path / "a.safetensors", small, SMALL, {"training_id": "seed 1, clips 52da717f"}
    )
    known = load_network(tmp_path / "a.safetensors")
    assert known.training_id == TrainingId("1", "52da717f")
    assert known.identity == "seed 1, clips 52da717f"
    save_network(tmp_path / "b.safetensors", small, SMALL, {})
    unknown = load_network(tmp_path / "b.safetensors")
    assert unknown.training_id is None
    assert unknown.identity == unknown.sha256


def test_a_file_cut_anywhere_is_refused_in_one_line(small, tmp_path):
    torch.save({"state_dict": small.state_dict()}, tmp_path / "a.pth")
    save_network(tmp_path / "a.safetensors", small, SMALL, {})
    for name in ("a.pth", "a.safetensors"):
        whole = (tmp_path / name).read_bytes()
        for share in (0.01, 0.5, 0.999):
            (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
            refuses(tmp_path / "cut", "truncated or damaged")


def test_a_network_of_another_size_says_which_weights(published, tmp_path):
    state = published.state_dict()
    state["output_block.1.weight"] = torch.zeros(3, 64, 1, 1)
    del state["output_block.1.bias"]
    state["extra.weight"] = torch.zeros(1)
    torch.save(state, tmp_path / "hd.pth")
    refuses(
        tmp_path / "hd.pth",
        "output_block.1.bias is missing",
        "extra.weight is unknown",
        "output_block.1.weight is (3, 64, 1, 1) instead of (3, 32, 1, 1)",
    )


class Bomb:
    """Creates a file when unpickled by a reader that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_no_code_in_a_pickle_runs(small, tmp_path):
    trace = tmp_path / "ran"
    torch.save({"state_dict": small.state_dict(), "x": Bomb(trace)}, tmp_path / "bomb.pth")
    refuses(tmp_path / "bomb.pth", "refused", "not weights alone")
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w") as archive:
        archive.writestr("bomb/data.pkl", pickle.dumps(Bomb(trace), protocol=2))
        archive.writestr("bomb/constants.pkl", pickle.dumps((), protocol=2))
    refuses(tmp_path / "bomb.pt", "refused", "not a weight")
    assert not trace.exists()
    pickle.loads(pickle.dumps(Bomb(trace)))  # noqa: S301 (our own bytes)
    assert trace.exists()  # the bomb does work where code runs


@pytest.mark.parametrize(
    "target", ["os.system", "wav2lip.models", "wav2lip.models_evil.Generator", "subprocess.run", ""]
)
def test_a_file_that_names_a_target_outside_the_package_is_refused(target, tmp_path):
    entry = json.dumps({"config": {"_target_": target, "args": "true"}, "metadata": {}})
    state = {"face_decoder_blocks.0.0.conv_block.0.weight": torch.zeros(1)}
    save_file(state, tmp_path / "a.safetensors", metadata={"wav2lip": entry})
    refuses(tmp_path / "a.safetensors", "refused")
