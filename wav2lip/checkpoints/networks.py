"""Read and write networks: a checkpoint rebuilds itself, and no code in one can run.

Our files are safetensors whose header has one JSON entry, `wav2lip`:
`{"config": {"_target_": "wav2lip.models.Generator", ...}, "metadata": {...}}`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import torch
from safetensors.torch import save
from torch import Tensor, nn

from wav2lip import models
from wav2lip.checkpoints.bundled import GENERATOR
from wav2lip.checkpoints.downloads import NAMED, fetch, sha256_of
from wav2lip.checkpoints.weight_files import (
    JSON_ENTRY,
    NETWORK_NAMES,
    WeightFile,
    describe_foreign,
    networks_inside,
    read_weight_file,
)
from wav2lip.errors import InputError
from wav2lip.types import FPS
from wav2lip.utils.files import write_atomically

Kind = Literal["generator", "syncnet", "quality_discriminator", "judge", "mouth_encoder"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in order of preference where a file holds several

PACKAGE = "wav2lip.models"
CLASSES: dict[str, Kind] = {
    "Generator": "generator",
    "SyncNet": "syncnet",
    "QualityDiscriminator": "quality_discriminator",
    "SyncNetV2": "judge",
    "MouthEncoder": "mouth_encoder",
}
LOCAL_FILES = ("expert", "init_from", "audio_from")  # of the machine that trained; ids say which
RENAMED = {"articulation": "motion_gain"}  # metadata of older files -> today's names
SHOWN = 3  # keys named in a message about weights that do not fit


@dataclass(frozen=True)
class LoadedNetwork:
    """A network in eval mode, float32, on the CPU, and where it came from."""

    network: nn.Module
    config: dict[str, Any]
    metadata: dict[str, Any]  # a generator's has mel_offset_frames, fps and image_size
    sha256: str
    path: Path


def to_plain(value: Any) -> Any:
    """Mappings and sequences of any type (Hydra's, say) as dicts and lists."""
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_plain(v) for v in value]
    return value


def _class_of(config: Mapping[str, Any]) -> str:
    """The class named by `_target_`; looked up in a list, never imported."""
    package, _, name = str(config.get("_target_", "")).rpartition(".")
    if name not in CLASSES or not f"{package}.".startswith(f"{PACKAGE}."):
        raise InputError(
            f"_target_ {config.get('_target_')!r} is refused; "
            f"it must be one of {', '.join(f'{PACKAGE}.{n}' for n in CLASSES)}"
        )
    return name


def build_network(config: Mapping[str, Any]) -> nn.Module:
    """A fresh network from `{"_target_": "wav2lip.models.Generator", "width": 0.25, ...}`.

    Raises InputError for a target outside `wav2lip.models` and for arguments that do not fit.
    """
    name = _class_of(config)
    arguments = {k: v for k, v in to_plain(config).items() if k != "_target_"}
    try:
        return cast("nn.Module", getattr(models, name)(**arguments))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be built from {arguments}: {error}") from error


def _halved(value: Tensor) -> Tensor:
    """fp16 where every number survives it (a batch norm's variance may be above 65504)."""
    if not value.is_floating_point():
        return value
    half = value.half()
    return half if bool(torch.isfinite(half).all()) else value


def save_network(
    path: Path | str,
    network: nn.Module,
    config: Mapping[str, Any],
    metadata: Mapping[str, Any],
    half: bool = True,
) -> None:
    """Write safetensors, fp16 if `half`; whole or not at all. `config` must rebuild `network`."""
    _class_of(config)
    state = {k: v.detach().cpu() for k, v in network.state_dict().items()}
    tensors = {k: (_halved(v) if half else v).contiguous().clone() for k, v in state.items()}
    entry = json.dumps({"config": to_plain(config), "metadata": to_plain(metadata)})
    write_atomically(Path(path), save(tensors, metadata={JSON_ENTRY: entry}))


def _locate(path_or_name: Path | str) -> Path:
    if path_or_name == "default":
        if not GENERATOR.is_file():
            raise InputError(f"{GENERATOR}: the bundled checkpoint is missing; give --checkpoint")
        return GENERATOR
    if isinstance(path_or_name, str) and path_or_name in NAMED:
        return fetch(NAMED[path_or_name])
    path = Path(path_or_name).expanduser()
    if not path.exists() and len(path.parts) == 1 and not path.suffix:
        names = ", ".join(["default", *NAMED])
        raise InputError(f"{path}: no such checkpoint file, and not one of the names {names}")
    return path


def _choose(path: Path, file: WeightFile, kind: Kind | None) -> tuple[Kind, str]:
    """Which network of the file is wanted, and the prefix of its keys."""
    inside = networks_inside(file.state)
    if not inside:
        wanted = NETWORK_NAMES[kind] if kind else "one of our networks"
        raise InputError(f"{path}: holds {describe_foreign(file.state)}, not {wanted}")
    chosen: Kind = next(k for k in KINDS if k in inside) if kind is None else kind
    if chosen not in inside:
        held = " and ".join(NETWORK_NAMES[k] for k in inside)
        raise InputError(f"{path}: holds {held}, not {NETWORK_NAMES[chosen]}")
    return chosen, inside[chosen]


def _config_of(file: WeightFile, kind: Kind, prefix: str) -> dict[str, Any]:
    """The file's own config, a Lightning task's, or the published network's."""
    name = next(n for n, k in CLASSES.items() if k == kind)
    for found in (file.config, file.hyper_parameters.get(prefix.rstrip("."))):
        if isinstance(found, Mapping) and "_target_" in found:
            return dict(to_plain(found))
    return {"_target_": f"{PACKAGE}.{name}"}


def _fit(path: Path, config: Mapping[str, Any], state: dict[str, Tensor]) -> nn.Module:
    """Build without memory or random numbers, compare, then take the file's tensors as they are."""
    try:
        with torch.device("meta"):
            network = build_network(config)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    needed = network.state_dict()
    wrong = [f"{k} is missing" for k in needed if k not in state]
    wrong += [f"{k} is unknown" for k in state if k not in needed]
    wrong += [
        f"{k} is {tuple(state[k].shape)} instead of {tuple(v.shape)}"
        for k, v in needed.items()
        if k in state and state[k].shape != v.shape
    ]
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise InputError(
            f"{path}: does not fit {dict(config)}: {'; '.join(wrong[:SHOWN])}{more}; "
            "it is a network of another size or version"
        )
    network.load_state_dict({k: v.to(needed[k].dtype) for k, v in state.items()}, assign=True)
    return network.eval()


def load_network(path_or_name: Path | str, kind: Kind | None = None) -> LoadedNetwork:
    """Load a network from `default`, a published name, or a file of any supported format.

    Formats: our safetensors, our Lightning .ckpt, the published .pth (with or without `module.`),
    TorchScript .pt. Without `kind` a file of several networks gives its generator.
    Raises InputError that says what the file is when it is not what was asked for.
    """
    path = _locate(path_or_name)
    file = read_weight_file(path)
    kind, prefix = _choose(path, file, kind)
    config = _config_of(file, kind, prefix)
    if CLASSES.get(_class_of(config)) != kind:
        raise InputError(f"{path}: its config {config} does not name {NETWORK_NAMES[kind]}")
    others = [p for p in networks_inside(file.state).values() if p != prefix]
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
    metadata = {RENAMED.get(k, k): v for k, v in {**simple, **file.metadata}.items()}
    if kind == "generator":
        defaults = {"mel_offset_frames": 0, "fps": FPS, "image_size": config.get("image_size", 96)}
        metadata = {**defaults, **metadata}
    return LoadedNetwork(network, config, metadata, sha256_of(path), path)
