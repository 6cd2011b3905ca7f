"""The orientation of a png or webp by its EXIF data. OpenCV ignores it in pictures with transparency."""

import struct
from typing import Literal

from wav2lip.media.orientation import UPRIGHT, Orientation

CHUNKS = {b"eXIf": 0, b"EXIF": 4}  # of png and webp -> bytes between its name and its content
PREFIX = b"Exif\0\0"  # some programs write it before the data
TAG = 274
ORIENTATIONS = {  # TIFF 6.0, tag 274
    2: Orientation(mirror=True),
    3: Orientation(mirror=True, flip=True),
    4: Orientation(flip=True),
    5: Orientation(transpose=True),
    6: Orientation(transpose=True, mirror=True),
    7: Orientation(transpose=True, mirror=True, flip=True),
    8: Orientation(transpose=True, flip=True),
}


def _of_tiff(data: bytes) -> Orientation:
    """Orientation by the tags of a TIFF header."""
    order: Literal["<", ">"] = "<" if data.startswith(b"II") else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", data, entry)
        if tag == TAG:
            return ORIENTATIONS.get(value, UPRIGHT)
    return UPRIGHT


def exif_orientation(data: bytes) -> Orientation:
    """Orientation of a picture.

    Args:
        data: content of a png or webp file.

    Returns:
        How it is turned for display; upright without EXIF data, or if they are damaged.
    """
    for name, gap in CHUNKS.items():
        at = data.find(name)
        if at < 0:
            continue
        content = data[at + len(name) + gap :].removeprefix(PREFIX)
        if content.startswith((b"II*\0", b"MM\0*")):
            try:
                return _of_tiff(content)
            except struct.error:
                return UPRIGHT
    return UPRIGHT
