"""Size of a still by its header, before a decoder allocates memory for it."""

from pathlib import Path
from struct import Struct, unpack_from
from struct import error as StructError
from typing import Literal

from wav2lip.errors import InputError

Size = tuple[int, int]  # width, height

PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK = Struct(">I4s")  # length and type; the content and 4 bytes of checksum follow
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257  # tags
_TIFF_SHORT = 3  # type of a value of 16 bits
_OS2_HEADER = 12  # bytes of the header of the oldest BMP files
_VP8L_BITS = 14  # of width and height


def _png(path: Path, data: bytes) -> Size:
    at = len(PNG)
    while at + _PNG_CHUNK.size <= len(data):
        length, kind = _PNG_CHUNK.unpack_from(data, at)
        at += _PNG_CHUNK.size + length + 4
        if at > len(data):  # OpenCV allocates what it claims, up to 4 GB
            raise InputError(f"{path}: the image is truncated or damaged; give another")
        if kind == b"IEND":
            break
    width, height = unpack_from(">II", data, 16)
    return width, height


def _bmp(data: bytes) -> Size:
    (header,) = unpack_from("<I", data, 14)
    width, height = unpack_from("<HH" if header == _OS2_HEADER else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> Size:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height
    if kind == b"VP8L":
        (bits,) = unpack_from("<I", data, 21)
        mask = (1 << _VP8L_BITS) - 1
        return (bits & mask) + 1, (bits >> _VP8L_BITS & mask) + 1
    width, height = unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(data: bytes) -> Size | None:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length if marker != 0xFF else 1
    return None


def _tiff(data: bytes) -> Size | None:
    order: Literal["<", ">"] = "<" if data.startswith(b"II") else ">"
    (at,) = unpack_from(f"{order}I", data, 4)
    (count,) = unpack_from(f"{order}H", data, at)
    sides = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = unpack_from(f"{order}HH", data, entry)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT):
            value = unpack_from(f"{order}{'H' if kind == _TIFF_SHORT else 'I'}", data, entry + 8)
            sides[tag] = int(value[0])
    if len(sides) < 2:
        return None
    return sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT]


def image_size(path: Path, data: bytes) -> Size | None:
    """Return width and height of a png, bmp, webp, jpg or tiff file, in pixels.

    Args:
        path: the file, for the message.
        data: its content.

    Returns:
        The size; None for another format, or if the header is cut off.

    Raises:
        InputError: A png claims to be longer than it is.
    """
    try:
        if data.startswith(PNG):
            return _png(path, data)
        if data.startswith(b"BM"):
            return _bmp(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data.startswith((b"II*\0", b"MM\0*")):
            return _tiff(data)
    except StructError:
        pass
    return None
