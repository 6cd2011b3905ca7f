"""Bounds of the metadata of a checkpoint, and their check."""

from collections.abc import Mapping
from typing import Any

from wav2lip.types import CROP_KINDS, FPS
from wav2lip.utils.fields import (
    Field,
    Flag,
    Nothing,
    Number,
    OneOf,
    Text,
    check_fields,
    quote,
    to_plain,
)

RENAMED = {"articulation": "motion_gain"}  # metadata keys of older files -> current keys
COUNT = Number(0, 1e12, whole=True)
IDENTITY = Text(200)  # a sha256, or a seed and a hash of the clips
FIELDS: dict[str, Field] = {
    "mel_offset_frames": Number(-100, 100, whole=True),
    "fps": Number(1, 240),
    "image_size": Number(8, 4096, whole=True),
    "face_crop": OneOf(CROP_KINDS),
    "motion_gain": Number(1e-3, 1e3),
    "step": COUNT,
    "epoch": COUNT,
    "training_hours": Number(0, 1e7),
    "revision": IDENTITY,  # of the code that trained
    "training_id": IDENTITY,
    "expert_id": IDENTITY,
    "earlier_expert_ids": Text(4000),  # of the generators that it started from, between them "; "
    "clip_parts_id": IDENTITY,
}
SCALARS: dict[type, Field] = {
    bool: Flag(),
    int: Number(-1e18, 1e18),
    float: Number(-1e300, 1e300),
    str: Text(),
    type(None): Nothing(),
}


def _check_values(value: Any) -> None:
    """Check every number and text in nested plain data."""
    if isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _check_values(part)
    elif type(value) not in SCALARS:
        raise ValueError(f"is {quote(value)}, not plain data")
    else:
        SCALARS[type(value)].check(value)


def check_metadata(metadata: Mapping[str, Any], image_size: int | None) -> dict[str, Any]:
    """Check the metadata of a checkpoint.

    Args:
        metadata: as the file states it.
        image_size: pixels, of a generator, whose metadata are completed; None for other networks.

    Returns:
        The metadata under their current names. A generator's have `mel_offset_frames`, `fps`,
        `image_size` and `face_crop`.

    Raises:
        ValueError: with the name of the first value that cannot be right.
    """
    values = {RENAMED.get(k, k): v for k, v in to_plain(metadata).items()}
    checked = check_fields(values, FIELDS)
    for name, value in checked.items():
        try:
            _check_values({name: value})
        except ValueError as error:
            raise ValueError(f"{quote(name)} {error}") from error
    if image_size is None:
        return checked
    stated = checked.get("image_size", image_size)
    if stated != image_size:
        raise ValueError(f"image_size is {stated}, but its network renders {image_size} px")
    defaults = {"mel_offset_frames": 0, "fps": FPS, "face_crop": CROP_KINDS[0]}
    return {**defaults, "image_size": image_size, **checked}
