"""Load a network from any supported file. No code in a checkpoint can run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from wav2lip.checkpoints.build import build_network
from wav2lip.checkpoints.config import CLASSES, PACKAGE, check_config, class_name
from wav2lip.checkpoints.downloads import fetch
from wav2lip.checkpoints.exported_weights import read_exported_weights
from wav2lip.checkpoints.formats import (
    WeightFile,
    describe_foreign,
    networks_inside,
    read_weight_file,
)
from wav2lip.checkpoints.kinds import KINDS, NETWORK_NAMES, Kind
from wav2lip.checkpoints.metadata import check_metadata
from wav2lip.checkpoints.names import find_checkpoint
from wav2lip.checkpoints.open import is_onnx
from wav2lip.checkpoints.provenance import TrainingId
from wav2lip.checkpoints.registry import RemoteFile
from wav2lip.checkpoints.tensors import check_weights
from wav2lip.errors import InputError
from wav2lip.utils.fields import quote
from wav2lip.utils.files import sha256_of
from wav2lip.utils.torch_files import unpacked_limit

LOCAL_FILES = ("expert", "init_from", "motion_from")  # paths on the training machine; not passed on
MAX_LISTED = 3  # keys named in a message about weights that do not fit

PARTS = ("motion.", "inpainter.")  # prefixes of networks that are parts of a `MeshGenerator`


@dataclass(frozen=True)
class LoadedNetwork:
    """A network and where it came from.

    Attributes:
        network: in eval mode, float32, on the CPU.
        config: `_target_` and arguments that rebuild the network.
        metadata: plain data; a generator's has `mel_offset_frames`, `fps` and `image_size`.
        sha256: hex digest of the file.
        path: the file.
    """

    network: nn.Module
    config: dict[str, Any]
    metadata: dict[str, Any]
    sha256: str
    path: Path

    @property
    def training_id(self) -> TrainingId | None:
        """The training run that the file comes from; None if it records none."""
        return TrainingId.parse(self.metadata.get("training_id"))

    @property
    def identity(self) -> str:
        """The training run if it is known, else the file's sha256.

        A generator records its expert's identity as `expert_id`.
        """
        return str(self.metadata.get("training_id", self.sha256))


def _choose(path: Path, file: WeightFile, kind: Kind | None) -> tuple[Kind, str]:
    """Choose the network of the file to load. Returns its kind and the prefix of its keys."""
    inside = networks_inside(file.state)
    if not inside:
        wanted = NETWORK_NAMES[kind] if kind else "one of our networks"
        raise InputError(f"{path}: holds {describe_foreign(file.state)}, not {wanted}")
    chosen: Kind = next(k for k in KINDS if k in inside) if kind is None else kind
    if chosen not in inside:
        held = " and ".join(NETWORK_NAMES[k] for k in inside)
        raise InputError(f"{path}: holds {held}, not {NETWORK_NAMES[chosen]}")
    return chosen, inside[chosen]


def _config_of(path: Path, file: WeightFile, kind: Kind, prefix: str) -> dict[str, Any]:
    """Return the file's own config, its Lightning task's, or the published network's, checked."""
    config = file.config
    if config is None:
        config = file.hyper_parameters.get(prefix.rstrip("."))
    if config is None or (file.config is None and not isinstance(config, Mapping)):
        name = next(n for n, k in CLASSES.items() if k == kind)
        config = {"_target_": f"{PACKAGE}.{name}"}
    try:
        checked = check_config(config)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if CLASSES[class_name(checked)] != kind:
        raise InputError(f"{path}: its config {checked} does not name {NETWORK_NAMES[kind]}")
    return checked


def _fit(path: Path, config: Mapping[str, Any], state: dict[str, Tensor]) -> nn.Module:
    """Build on the meta device, compare keys and shapes, then assign the file's tensors."""
    try:
        with torch.device("meta"):
            network = build_network(config)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    needed = network.state_dict()
    wrong = [f"{k} is missing" for k in needed if k not in state]
    wrong += [f"{quote(k)[1:-1]} is unknown" for k in state if k not in needed]
    wrong += [
        f"{k} is {tuple(state[k].shape)} instead of {tuple(v.shape)}"
        for k, v in needed.items()
        if k in state and state[k].shape != v.shape
    ]
    if wrong:
        more = f" and {len(wrong) - MAX_LISTED} more" if len(wrong) > MAX_LISTED else ""
        raise InputError(
            f"{path}: does not fit {dict(config)}: {'; '.join(wrong[:MAX_LISTED])}{more}; "
            "it is a network of another size or version"
        )
    try:
        check_weights(state, needed, unpacked_limit(path.stat().st_size))
    except ValueError as error:
        raise InputError(f"{path}: {error}; get an undamaged checkpoint") from error
    network.load_state_dict({k: v.to(needed[k].dtype) for k, v in state.items()}, assign=True)
    return network.eval()


def load_network(path_or_name: Path | str, kind: Kind | None = None) -> LoadedNetwork:
    """Load a network from a file or by name.

    Formats: our safetensors, our Lightning .ckpt, the published .pth (with or without `module.`
    prefixes), TorchScript .pt, and the ONNX files of `wav2lip export` that keep the names of their weights.
    The content decides, not the extension.

    Args:
        path_or_name: a file; `default` or `bundled:generator`, the bundled generator;
            `bundled:judge` or `bundled:expert`, a bundled sync expert; `wav2lip`, `wav2lip_gan` or
            `syncnet_v2`, downloaded on first use.
        kind: the network to load. By default the first of `KINDS` that the file holds.

    Returns:
        The network with its config and metadata.

    Raises:
        InputError: if the file cannot be read or does not hold such a network. The message names
            what it holds.

    Examples:
        >>> loaded = load_network("bundled:generator")
        >>> loaded.metadata["image_size"]
        96
    """
    found = find_checkpoint(path_or_name, kind)
    path = fetch(found) if isinstance(found, RemoteFile) else found
    file = read_exported_weights(path, kind) if is_onnx(path) else read_weight_file(path)
    kind, prefix = _choose(path, file, kind)
    config = _config_of(path, file, kind, prefix)
    others = [p for p in networks_inside(file.state).values() if p not in (prefix, *PARTS)]
    state = {
        key.removeprefix(prefix): value
        for key, value in file.state.items()
        if key.startswith(prefix) and (prefix or not any(key.startswith(p) for p in others))
    }
    network = _fit(path, config, state)
    simple = {
        name: value
        for name, value in file.hyper_parameters.items()
        if isinstance(value, int | float | str) and name not in LOCAL_FILES
    }
    image_size = int(getattr(network, "image_size", 0)) if kind == "generator" else None
    try:
        metadata = check_metadata({**simple, **file.metadata}, image_size)
    except ValueError as error:
        raise InputError(f"{path}: its metadata are wrong: {error}; export it again") from error
    return LoadedNetwork(network, config, metadata, sha256_of(path), path)
