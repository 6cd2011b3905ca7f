"""Build a network from a plain dict, so that a checkpoint can rebuild itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast, get_args

from torch import nn

from wav2lip import models
from wav2lip.errors import InputError

Kind = Literal["generator", "syncnet", "quality_discriminator", "syncnet_v2", "mouth_encoder"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in order of preference where a file holds several

PACKAGE = "wav2lip.models"
CLASSES: dict[str, Kind] = {
    "Generator": "generator",
    "SyncNet": "syncnet",
    "QualityDiscriminator": "quality_discriminator",
    "SyncNetV2": "syncnet_v2",
    "MouthEncoder": "mouth_encoder",
}


def to_plain(value: Any) -> Any:
    """Convert mappings and sequences of any type, such as Hydra's, to dicts and lists.

    Args:
        value: a nested configuration; other values are returned as they are.

    Returns:
        The same values in dicts with string keys and lists.
    """
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_plain(v) for v in value]
    return value


def class_name(config: Mapping[str, Any]) -> str:
    """Look up the class that `_target_` names. The name is never imported.

    Args:
        config: `_target_` and arguments of a network.

    Returns:
        A key of `CLASSES`.

    Raises:
        InputError: if `_target_` is not a network of `wav2lip.models`.
    """
    package, _, name = str(config.get("_target_", "")).rpartition(".")
    if name not in CLASSES or not f"{package}.".startswith(f"{PACKAGE}."):
        raise InputError(
            f"_target_ {config.get('_target_')!r} is refused; "
            f"it must be one of {', '.join(f'{PACKAGE}.{n}' for n in CLASSES)}"
        )
    return name


def build_network(config: Mapping[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Args:
        config: `_target_`, a class of `wav2lip.models`, and its arguments.

    Returns:
        The network, in train mode.

    Raises:
        InputError: if the target is not allowed or the arguments do not fit.

    Examples:
        >>> config = {"_target_": "wav2lip.models.Generator", "width": 0.25}
        >>> build_network(config).image_size
        96
    """
    name = class_name(config)
    arguments = {k: v for k, v in to_plain(config).items() if k != "_target_"}
    try:
        return cast("nn.Module", getattr(models, name)(**arguments))
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be built from {arguments}: {error}") from error
