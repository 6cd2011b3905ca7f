"""What a network's config, which may come out of a file, must look like. Imports no torch."""

import re
from collections.abc import Mapping
from typing import Any

from wav2lip.checkpoints.arguments import ARGUMENTS
from wav2lip.checkpoints.kinds import Kind
from wav2lip.errors import InputError
from wav2lip.utils.fields import check_fields, quote, to_plain

PACKAGE = "wav2lip.models"
TARGET = re.compile(r"wav2lip\.models\.(\w+\.)?(?P<name>\w+)")  # older files name the module, too
CLASSES: dict[str, Kind] = {
    "Generator": "generator",
    "MeshGenerator": "generator",
    "SyncNet": "syncnet",
    "MeshSyncNet": "mesh_syncnet",
    "QualityDiscriminator": "quality_discriminator",
    "SyncNetV2": "syncnet_v2",
    "LipMotion": "lip_motion",
    "MouthInpainter": "mouth_inpainter",
    "PatchDiscriminator": "patch_discriminator",
}


def class_name(config: Mapping[str, Any]) -> str:
    """Look up the class that `_target_` names. The name is never imported.

    Args:
        config: `_target_` and arguments of a network.

    Returns:
        A key of `CLASSES`.

    Raises:
        InputError: if `_target_` is not a network of `wav2lip.models`.
    """
    found = TARGET.fullmatch(str(config.get("_target_", "")))
    name = found["name"] if found else ""
    if name not in CLASSES:
        raise InputError(
            f"_target_ {quote(config.get('_target_'))} is refused; "
            f"it must be one of {', '.join(f'{PACKAGE}.{n}' for n in CLASSES)}"
        )
    return name


def check_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check a network's config, which may come out of a file, before anything is built from it.

    Args:
        config: `_target_` and arguments.

    Returns:
        The same in plain types. `_target_` is `wav2lip.models.NAME`; arguments are numbers, flags and
        lists of them. So the result holds no text that a config system could interpolate.

    Raises:
        InputError: if the target is not allowed, or an argument is unknown, of another type or out of
            its range.
    """
    name = class_name(config)
    try:
        arguments = {k: v for k, v in to_plain(config).items() if k != "_target_"}
        unknown = [k for k in arguments if k not in ARGUMENTS[name]]
        if unknown:
            raise ValueError(f"{quote(unknown[0])} is no argument of it")
        return {"_target_": f"{PACKAGE}.{name}", **check_fields(arguments, ARGUMENTS[name])}
    except ValueError as error:
        raise InputError(f"{name} cannot be built: {error}") from error
