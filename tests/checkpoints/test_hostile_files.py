"""Files that were made to mislead, to fill the memory or to run for ever: one line, at once."""

import inspect
import json
import math
import os
import pickle
import resource
import time
import zipfile
from pathlib import Path

import pytest
import torch
from networks import seeded
from omegaconf import OmegaConf
from safetensors.torch import save_file
from torch import nn

from wav2lip import models
from wav2lip.checkpoints import build_network, load_network
from wav2lip.checkpoints.arguments import ARGUMENTS
from wav2lip.checkpoints.config import CLASSES
from wav2lip.cli.resolvers import register_resolvers
from wav2lip.errors import InputError

SMALL = {"_target_": "wav2lip.models.Generator", "width": 0.0625, "image_size": 48}
MARK = "face_decoder_blocks.0.0.conv_block.0.weight"  # makes a file one of a generator
VARIANCE = "audio_encoder.0.conv_block.1.running_var"
MEMORY = 400e6  # bytes that refusing a file may take


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return dict(seeded(build_network(SMALL)).state_dict())


def write(path: Path, state, config=SMALL, metadata=None, entry=None) -> Path:
    text = json.dumps({"config": config, "metadata": metadata or {}}) if entry is None else entry
    save_file({k: v.contiguous().clone() for k, v in state.items()}, path, {"wav2lip": text})
    return path


def refusal(path: Path) -> str:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(InputError) as caught:
        load_network(path, "generator")
    assert time.monotonic() - started < 5
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY
    message = str(caught.value)
    assert message.isprintable()
    assert path.name in message
    assert len(message) < 1000
    return message


def arguments_of(name: str) -> set[str]:
    names = set(inspect.signature(getattr(models, name)).parameters)
    if name == "MeshGenerator":  # passes them on
        names = names - {"motion"} | arguments_of("LipMotion")
    return names


def test_every_argument_of_every_network_has_bounds():
    assert set(ARGUMENTS) == set(CLASSES)
    for name, fields in ARGUMENTS.items():
        assert set(fields) == arguments_of(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("width", v) for v in (1e9, 0, -1, math.nan, "${oc.env:HOME}", True, None, [1])],
        *[("image_size", v) for v in (0, -96, 97, 10**6, "abc", 1e308, math.inf, None)],
        *[
            ("face_channels", v)
            for v in ([-16] * 6, [0] * 6, [1e9] * 6, 16, [8] * 10**5, ["8"] * 6)
        ],
        *[("audio_residuals", v) for v in ([10**9, 0, 0, 0], [-1, 0, 0, 0], [], None, [0] * 5)],
        *[("max_residuals", v) for v in ("3", -1, [1e9], {})],
        *[("fold", v) for v in (0, -2, 10**9)],
        *[("warp", v) for v in ("yes", 2, None)],
        ("embedding", 2**40),
        ("skips", "${oc.env:HOME}"),
        ("${oc.env:HOME}", 1),
        ("device", "cuda"),
    ],
)
def test_arguments_out_of_bounds_are_refused(name, value, state, tmp_path):
    refusal(write(tmp_path / "a.safetensors", state, {**SMALL, name: value}))


@pytest.mark.parametrize(
    "metadata",
    [
        *[{"fps": v} for v in (0, None, "25", math.nan, -25, 1e9, [25], math.inf)],
        *[{"mel_offset_frames": v} for v in (None, math.nan, 1e308, 0.5, "0", 10**400)],
        *[{"image_size": v} for v in (0, "abc", -96, 97, 96, 10**6)],
        *[{"motion_gain": v} for v in (0, -1, math.inf, "2")],
        {"articulation": math.nan},
        {"step": -1},
        {"training_id": "x" * 1000},
        {"expert_id": "\x1b[2J"},
        {"notes": ["fine", {"deep": math.nan}]},
        {"\x1b[2J": 1},
    ],
)
def test_metadata_that_cannot_be_right_are_refused(metadata, state, tmp_path):
    message = refusal(write(tmp_path / "a.safetensors", state, metadata=metadata))
    assert "metadata" in message


@pytest.mark.parametrize(
    "entry",
    ["[" * 100_000, "{", "[]", "null", "3", '{"config": [1]}', '{"metadata": 3}', '{"config": {}}'],
)
def test_a_header_entry_that_is_not_ours_is_refused(entry, state, tmp_path):
    refusal(write(tmp_path / "a.safetensors", state, entry=entry))


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (MARK, math.nan, "NaN"),
        (MARK, math.inf, "infinite"),
        (VARIANCE, -1.0, "variances below 0"),
        (VARIANCE, math.nan, "NaN"),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_weights_must_be_finite_and_variances_positive(key, value, reason, dtype, state, tmp_path):
    bad = state[key].to(dtype).clone()
    bad.view(-1)[-1] = value
    assert reason in refusal(write(tmp_path / "a.safetensors", {**state, key: bad}))


def test_weights_of_another_kind_of_number_are_refused(state, tmp_path):
    for other in (state[MARK].to(torch.int32), state[MARK].to(torch.complex64)):
        path = write(tmp_path / "a.safetensors", {**state, MARK: other})
        assert "is of type" in refusal(path)


def test_tensors_that_are_not_stored_are_refused(state, tmp_path):
    huge = torch.zeros(1).expand(8192, 8192, 7, 7)  # 13 GB in four bytes
    for other in (huge, torch.eye(3).to_sparse(), torch.zeros(3, device="meta")):
        torch.save({**state, MARK: other}, tmp_path / "a.pth")
        refusal(tmp_path / "a.pth")


def test_a_config_of_a_lightning_checkpoint_is_checked(state, tmp_path):
    lightning = {f"generator.{k}": v for k, v in state.items()}
    loop: list[object] = []
    for _ in range(40):
        loop = [loop, loop]  # 2^40 paths
    for parameters in (
        {"generator": {**SMALL, "width": 1e9}},
        {"generator": {**SMALL, "face_channels": loop}},
        {"generator": {**SMALL, "_target_": "wav2lip.models.${oc.env:HOME}.Generator"}},
        {"generator": SMALL, "fps": math.nan},
    ):
        content = {"state_dict": lightning, "hyper_parameters": parameters}
        torch.save(content, tmp_path / "a.ckpt")
        refusal(tmp_path / "a.ckpt")


@pytest.mark.parametrize("text", ["${oc.env:SECRET}", "\\${oc.env:SECRET}", "x${oc.env:SECRET}y"])
def test_nothing_that_a_file_holds_is_interpolated(text, state, tmp_path, monkeypatch):
    """Fine-tuning reads a checkpoint's config into its own, and publishes it with its results."""
    monkeypatch.setenv("SECRET", "swordfish")
    register_resolvers()
    hostile = (
        ({**SMALL, "_target_": f"wav2lip.models.{text}.Generator"}, {}),
        ({**SMALL, "width": text}, {}),
        ({**SMALL, text: 1}, {}),
        ({**SMALL, "face_channels": [text]}, {}),
        (SMALL, {"mel_offset_frames": text}),
        (SMALL, {"image_size": text}),
    )
    for number, (config, metadata) in enumerate(hostile):
        path = write(tmp_path / f"{number}.safetensors", state, config, metadata)
        values = {"from": str(path), "network": "${checkpoint_config:${from}}"}
        values |= {n: f"${{checkpoint:${{from}},{n}}}" for n in ("image_size", "mel_offset_frames")}
        for name in ("network", "image_size", "mel_offset_frames"):
            with pytest.raises(Exception, match=r"safetensors") as caught:
                OmegaConf.create(values)[name]
            assert "swordfish" not in str(caught.value)
    path = write(tmp_path / "note.safetensors", state, SMALL, {"expert_id": text})
    assert load_network(path).metadata["expert_id"] == text  # as it stands there


class Allocate:
    """Pickled as a bytearray of any size."""

    def __reduce__(self) -> tuple[object, ...]:
        return bytearray, (1 << 40,)


def test_a_pickle_cannot_ask_for_memory(state, tmp_path):
    for new in (True, False):
        path = tmp_path / f"{new}.pth"
        torch.save({**state, "x": Allocate()}, path, _use_new_zipfile_serialization=new)
        assert "bytearray" in refusal(path)


def torchscript(path: Path, data: bytes, records=(), method=zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a/data.pkl", data)
        archive.writestr("a/constants.pkl", b"\x80\x02).")
        for name, content in records:
            archive.writestr(f"a/data/{name}", content)
    return path


def module(attributes: bytes) -> bytes:
    """Opcodes of a module with these attributes."""
    return b"c__torch__\nM\n)\x81}(" + attributes + b"ub"


def text(value: str) -> bytes:
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def test_a_module_reached_by_a_billion_paths_is_read_once(tmp_path):
    data = module(text("x") + b"N") + b"q\x00"
    for level in range(30):
        same = bytes([level])
        data = b"".join(
            [
                data,
                b"0",
                module(text("a") + b"h" + same + text("b") + b"h" + same),
                b"q",
                bytes([level + 1]),
            ]
        )
    assert "without weights" in refusal(torchscript(tmp_path / "a.pt", b"\x80\x02" + data + b"."))


def tensor(key: str, size: int, stride: int) -> bytes:
    """Opcodes of a float tensor of that many elements."""
    storage = (
        b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + b"K\x01tQ"
    )
    numbers = [b"J" + n.to_bytes(4, "little") + b"\x85" for n in (size, stride)]
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + b"".join(numbers) + b"tR"


def test_a_tensor_larger_than_its_storage_is_refused(tmp_path):
    data = b"\x80\x02" + module(text(MARK) + tensor("0", 1 << 30, 0)) + b"."
    refusal(torchscript(tmp_path / "a.pt", data, [("0", bytes(4))]))


def test_one_storage_cannot_fill_the_memory_many_times(tmp_path):
    many = b"".join(text(f"{MARK}{i}") + tensor("0", 1 << 18, 1) for i in range(200))
    path = torchscript(
        tmp_path / "a.pt", b"\x80\x02" + module(many) + b".", [("0", bytes(1 << 20))]
    )
    refusal(path)


def test_a_memo_cannot_fill_the_memory(tmp_path):
    data = b"\x80\x02" + module(text("x") + b"N") + b"r" + (1 << 31).to_bytes(4, "little") + b"."
    refusal(torchscript(tmp_path / "a.pt", data))


def test_a_record_that_unpacks_to_gigabytes_is_refused(tmp_path):
    zeros = bytes(64 << 20)
    for suffix in (".pt", ".pth"):
        data = pickle.dumps({}, protocol=2)
        path = torchscript(tmp_path / f"a{suffix}", data, [("0", zeros)], zipfile.ZIP_DEFLATED)
        assert "unpack" in refusal(path)


@pytest.mark.parametrize("content", [b"\x80", b"\x80\x02", b"\x80\x02]" + b"q" * 9, b"\x80\x7f."])
def test_a_few_bytes_of_a_pickle_are_named(content, tmp_path):
    (tmp_path / "a.pth").write_bytes(content)
    refusal(tmp_path / "a.pth")


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo.pth")
    assert "regular file" in refusal(tmp_path / "fifo.pth")
    assert "regular file" in refusal(Path("/dev/zero"))


def test_names_in_a_file_cannot_control_the_terminal(state, tmp_path):
    torch.save({"\x1b]0;x\x07\n": torch.zeros(1)}, tmp_path / "other.pth")
    refusal(tmp_path / "other.pth")
    torch.save({**state, "\x1b[2J" * 1000: torch.zeros(1)}, tmp_path / "more.pth")
    refusal(tmp_path / "more.pth")


def test_good_files_still_load(state, tmp_path):
    metadata = {"fps": 25.0, "mel_offset_frames": -2, "image_size": 48, "notes": ["ä", {"a": None}]}
    loaded = load_network(write(tmp_path / "a.safetensors", state, metadata=metadata))
    assert loaded.metadata == {**metadata, "face_crop": "s3fd"}
    older = {**SMALL, "_target_": "wav2lip.models.generator.Generator"}
    assert load_network(write(tmp_path / "b.safetensors", state, older)).config == SMALL
    assert isinstance(loaded.network, nn.Module)
