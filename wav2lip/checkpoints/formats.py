"""The formats of weight files: our safetensors and .ckpt, the published .pth, TorchScript.

Files are read without running code. A file of another format is named in the error.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from wav2lip.checkpoints.kinds import Kind
from wav2lip.checkpoints.torchscript import read_torchscript
from wav2lip.errors import InputError
from wav2lip.utils.fields import quote
from wav2lip.utils.torch_files import (
    DAMAGED,
    check_records,
    load_pickled,
    require_regular,
    stored_tensors,
)

HEAD = 512  # bytes that identify a format
LONGEST_ENTRY = 1 << 20  # characters of our header entry
JSON_ENTRY = "wav2lip"  # the only entry of our safetensors header
NESTED = ("state_dict", "params_ema", "params", "model")  # where training scripts store the weights

# A key that only this network has -> its kind.
NETWORK_MARKS: dict[str, Kind] = {
    "face_decoder_blocks.0.0.conv_block.0.weight": "generator",
    "face_encoder.0.conv_block.0.weight": "syncnet",
    "motion_embedding.weight": "mesh_syncnet",
    "binary_pred.0.weight": "quality_discriminator",
    "netcnnaud.0.weight": "syncnet_v2",
    "coefficients.weight": "lip_motion",
    "weights_and_colour.weight": "mouth_inpainter",
    "patch_logits.bias": "patch_discriminator",
    "inpainter.weights_and_colour.weight": "generator",
}
FOREIGN_MARKS = {
    "conv3_3_norm.weight": "the weights of the S3FD face detector",
    "body.stage1.0.0.weight": "the weights of the RetinaFace face detector",
    "BboxHead.0.conv1x1.weight": "the weights of the RetinaFace face detector",
    "regressor_8.weight": "the weights of the BlazeFace face detector",
    "conv_last4.weight": "the weights of a face landmark network (FAN)",
    "stylegan_decoder.constant_input.weight": "the weights of GFPGAN, a face restorer",
}


@dataclass
class WeightFile:
    """The content of a weight file.

    Attributes:
        state: tensors by key, as stored.
        config: `_target_` and arguments of the network; only in our safetensors.
        metadata: plain data about the network; empty if the file has none.
        hyper_parameters: of the task; only in our Lightning checkpoints.
    """

    state: dict[str, Tensor]
    config: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    hyper_parameters: dict[str, Any] = field(default_factory=dict)


def sniff(path: Path) -> str:
    """Identify the format of a file by its content.

    Returns:
        "safetensors", "torch" or "torchscript".

    Raises:
        InputError: for any other file. The message names what it is.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a directory; give the checkpoint file inside it")
    try:
        require_regular(path)
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such checkpoint file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if not head:
        raise InputError(f"{path}: is empty; download it again")
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        raise InputError(
            f"{path}: is an HTML page, not a checkpoint; the link led to a web page, "
            "so open it in a browser and download the file itself"
        )
    if text.startswith(b"version https://git-lfs"):
        raise InputError(f"{path}: is a Git LFS pointer, not the file; run `git lfs pull`")
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 27:
        return "safetensors"
    if head.startswith(b"PK\x03\x04"):
        return _sniff_zip(path)
    if head.startswith(b"\x80"):
        return "torch"
    if path.suffix == ".onnx" or (head[:1] == b"\x08" and (b"onnx" in text or b"pytorch" in text)):
        raise InputError(
            f"{path}: is an ONNX model, such as a face detector's; a PyTorch checkpoint is needed"
        )
    raise InputError(f"{path}: is not a checkpoint (.safetensors, .ckpt, .pth or .pt)")


def _sniff_zip(path: Path) -> str:
    names = check_records(path)
    if "data.pkl" not in names:
        raise InputError(f"{path}: is a zip archive, but not one of network weights")
    return "torchscript" if "constants.pkl" in names else "torch"


def _parse_entry(path: Path, header: Mapping[str, str]) -> tuple[Any, dict[str, Any]]:
    """Return the config and the metadata that the header of our safetensors states."""
    text = header.get(JSON_ENTRY, "{}")
    try:
        if len(text) > LONGEST_ENTRY:
            raise ValueError("too long")
        entry = json.loads(text)
        config, metadata = entry.get("config"), entry.get("metadata", {})
        if not (config is None or isinstance(config, dict)) or not isinstance(metadata, dict):
            raise TypeError("not two dicts")
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: its `{JSON_ENTRY}` header entry is not our JSON") from error
    return config, metadata


def _read_safetensors(path: Path) -> WeightFile:
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, *DAMAGED) as error:
        raise InputError(f"{path}: is truncated or damaged; download it again") from error
    return WeightFile(state, *_parse_entry(path, header))


def _read_torch(path: Path) -> WeightFile:
    loaded = load_pickled(path)
    if not isinstance(loaded, Mapping):
        raise InputError(f"{path}: holds a {type(loaded).__name__}, not a network's weights")
    nested = next((loaded[n] for n in NESTED if isinstance(loaded.get(n), Mapping)), loaded)
    state = stored_tensors(path, nested)
    numbers = {"global_step": "step", "epoch": "epoch", "global_epoch": "epoch"}
    metadata = {new: loaded[k] for k, new in numbers.items() if isinstance(loaded.get(k), int)}
    hyper_parameters = loaded.get("hyper_parameters", {})
    if not isinstance(hyper_parameters, Mapping):
        hyper_parameters = {}
    return WeightFile(state, None, metadata, dict(hyper_parameters))


def read_weight_file(path: Path) -> WeightFile:
    """Read a weight file of any supported format; the suffix does not matter.

    Raises:
        InputError: if the file cannot be read or is not a weight file.
    """
    read = {
        "safetensors": _read_safetensors,
        "torchscript": lambda path: WeightFile(read_torchscript(path)),
        "torch": _read_torch,
    }
    return read[sniff(path)](path)


def networks_inside(state: Mapping[str, Tensor]) -> dict[Kind, str]:
    """Find the networks in a state dict.

    Returns:
        Kind of network -> prefix of its keys, such as "", "module." or "generator.".
    """
    found: dict[Kind, str] = {}
    for mark, kind in NETWORK_MARKS.items():
        for key in state:
            prefix = key.removesuffix(mark)
            if prefix != key and (not prefix or prefix.endswith(".")):
                found.setdefault(kind, prefix)
    return found


def describe_foreign(state: Mapping[str, Tensor]) -> str:
    """Describe a state dict that holds none of our networks, for an error message."""
    for mark, name in FOREIGN_MARKS.items():
        if any(key.endswith(mark) for key in state):
            return name
    if not state:
        return "a file without weights"
    return f"the weights of an unknown network (its first key is {quote(next(iter(state)))[1:-1]})"
