"""Checks of a clip file before its frames are used: metadata, layout and the size of each crop."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError

from wav2lip.clips.bounds import METADATA, REQUIRED
from wav2lip.types import LANDMARKS, N_MELS, Image
from wav2lip.utils.fields import check_fields, to_plain

LONGEST_ENTRY = 1 << 20  # characters of the metadata entry
# What safetensors, json and numpy raise on a damaged file, depending on its bytes.
UNREADABLE = (
    *(SafetensorError, KeyError, OSError, ValueError, TypeError, RuntimeError),
    *(RecursionError, MemoryError, OverflowError),
)


def read_metadata(header: Mapping[str, str]) -> dict[str, Any]:
    """Return the metadata entry of a header, within its bounds. Raises ValueError or KeyError."""
    text = header["clip"]
    if len(text) > LONGEST_ENTRY:
        raise ValueError("its metadata are too long")
    metadata = json.loads(text)
    if not isinstance(metadata, dict):
        raise ValueError("its metadata are no dict")
    missing = [name for name in REQUIRED if name not in metadata]
    if missing:
        raise ValueError(f"{missing[0]} is missing in its metadata")
    return check_fields(to_plain(metadata), METADATA)


def check_layout(file: Any, offsets: npt.NDArray[Any]) -> None:
    """Check that the tensors of a clip file belong together, without reading them.

    Args:
        file: the open safetensors file.
        offsets: its `jpeg_offsets`.

    Raises:
        ValueError: if a shape or type is wrong, or an offset lies outside the crops.
    """
    if offsets.dtype != np.int64 or offsets.ndim != 1 or len(offsets) < 2:
        raise ValueError("jpeg_offsets is not one list of at least two whole numbers")
    frames = len(offsets) - 1
    columns: dict[str, tuple[str, tuple[int | None, ...]]] = {  # None: any length
        "jpeg": ("U8", (None,)),
        "boxes": ("F32", (frames, 4)),
        "times": ("F64", (frames,)),
        "mel": ("F32", (None, N_MELS)),
        "pcm": ("I16", (None,)),
    }
    optional: dict[str, tuple[str, tuple[int | None, ...]]] = {
        "roll": ("F32", (frames,)),
        "landmarks": ("F16", (frames, LANDMARKS, 3)),
    }
    columns |= {name: optional[name] for name in optional if name in file.keys()}  # noqa: SIM118
    for name, (kind, wanted) in columns.items():
        part = file.get_slice(name)
        shape = tuple(part.get_shape())
        fits = len(shape) == len(wanted) and all(
            w in (None, s) for w, s in zip(wanted, shape, strict=True)
        )
        if part.get_dtype() != kind or not fits:
            text = ", ".join("any" if w is None else str(w) for w in wanted)
            raise ValueError(f"{name} is {part.get_dtype()} {shape}, not {kind} ({text})")
    stored = file.get_slice("jpeg").get_shape()[0]
    # Compared, not subtracted: the difference of two offsets may overflow. No crop is empty.
    if offsets[0] < 0 or offsets[-1] > stored or not (offsets[1:] > offsets[:-1]).all():
        raise ValueError("jpeg_offsets do not rise from 0 to the length of jpeg")


def jpeg_size(data: Image) -> tuple[int, int] | None:
    """Return height and width that a JPEG's header states; None if it has none.

    Read before decoding: a few hundred bytes can state 65,535 x 65,535 pixels.
    """
    place = 2  # behind the start-of-image marker
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = int(data[place + 1]), int(data[place + 2]) << 8 | int(data[place + 3])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            head = data[place + 5 : place + 9].tolist()
            return head[0] << 8 | head[1], head[2] << 8 | head[3]
        place += 2 + length
    return None
