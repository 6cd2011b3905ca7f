"""The layout of HEIC and AVIF photos, which phones store in tiles (ISO/IEC 23008-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.container import decode, open_media
from wav2lip.media.converter import Converter
from wav2lip.media.orientation import QUARTERS, UPRIGHT, Orientation
from wav2lip.media.picture import Picture
from wav2lip.media.rules import check_pixels
from wav2lip.types import Image

BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif")  # of stills
MAX_TILES = 4096
MAX_META = 2**22  # bytes of the description of a photo


@dataclass(frozen=True)
class Layout:
    """How a photo is put together.

    Attributes:
        tiles: stream ids of its tiles by rows; one for a photo in one piece.
        columns: tiles in a row.
        size: height and width of the photo in pixels, before it is turned; None: that of its tile.
        orientation: how it is turned for display.
    """

    tiles: list[int]
    columns: int = 1
    size: tuple[int, int] | None = None
    orientation: Orientation = UPRIGHT


def is_heif(head: bytes) -> bool:
    """Whether a file with these first 12 bytes is a HEIC or AVIF still."""
    return head[4:8] == b"ftyp" and head[8:12] in BRANDS


def _boxes(data: bytes, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type of each box with the start and stop of its content."""
    while start + 8 <= stop:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, start + 8), 16
        size = size or stop - start
        if size < head or start + size > stop:
            return
        yield kind, start + head, start + size
        start += size


class _Reader:
    """Read big-endian numbers one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def number(self, size: int) -> int:
        """Return the next number of `size` bytes."""
        value = int.from_bytes(self.data[self.at : self.at + size], "big")
        self.at += size
        return value


def _grid(data: bytes, box: tuple[int, int], item: int, idat: int) -> bytes:
    """Content of an item by the `iloc` box; `idat` is where offsets in the `idat` box start."""
    reader = _Reader(data, box[0])
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    wide = 4 if version == 2 else 2
    for _ in range(reader.number(wide)):
        number = reader.number(wide)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        start = reader.number(base)
        parts = []
        for _ in range(reader.number(2)):
            if version and index:
                reader.number(index)
            parts.append((start + reader.number(offset), reader.number(length)))
            if reader.at > box[1]:
                return b""
        if number == item:
            shift = idat if method == 1 else 0
            return b"".join(data[shift + a : shift + a + n] for a, n in parts)
    return b""


def _tiles(data: bytes, box: tuple[int, int], item: int) -> list[int]:
    """Items that a grid consists of, by the `iref` box."""
    wide = 4 if data[box[0]] else 2
    for kind, start, _ in _boxes(data, box[0] + 4, box[1]):
        reader = _Reader(data, start)
        if kind == b"dimg" and reader.number(wide) == item:
            return [reader.number(wide) for _ in range(reader.number(2))]
    return []


def _orientation(data: bytes, box: tuple[int, int], item: int) -> Orientation:
    """Rotation and mirroring of an item, by the `iprp` box."""
    parts = {kind: (start, stop) for kind, start, stop in _boxes(data, *box)}
    if b"ipco" not in parts or b"ipma" not in parts:
        return UPRIGHT
    properties = list(_boxes(data, *parts[b"ipco"]))
    reader = _Reader(data, parts[b"ipma"][0])
    flags = reader.number(4)
    found = UPRIGHT
    for _ in range(reader.number(4)):
        number = reader.number(4 if flags >> 24 else 2)
        for _ in range(reader.number(1)):
            value = reader.number(2) & 0x7FFF if flags & 1 else reader.number(1) & 0x7F
            if number == item and 0 < value <= len(properties):
                kind, start, _ = properties[value - 1]
                if kind == b"irot":
                    found = found.then(QUARTERS[data[start] & 3])
                elif kind == b"imir":  # axis 0 swaps top and bottom
                    found = found.then(
                        Orientation(mirror=data[start] & 1 == 1, flip=not data[start] & 1)
                    )
        if reader.at > parts[b"ipma"][1]:
            break
    return found


def layout_of(data: bytes) -> Layout | None:
    """Layout of the main photo of a HEIC or AVIF file, or None if the file does not describe it."""
    meta = next(((a, b) for kind, a, b in _boxes(data, 0, len(data)) if kind == b"meta"), None)
    if meta is None or meta[1] - meta[0] > MAX_META:
        return None
    boxes = {kind: (start, stop) for kind, start, stop in _boxes(data, meta[0] + 4, meta[1])}
    if b"pitm" not in boxes or b"iinf" not in boxes:
        return None
    at = boxes[b"pitm"][0]
    item = int.from_bytes(data[at + 4 : at + (8 if data[at] else 6)], "big")
    orientation = UPRIGHT
    if b"iprp" in boxes:
        orientation = _orientation(data, boxes[b"iprp"], item)
    at, stop = boxes[b"iinf"]
    for kind, start, _ in _boxes(data, at + (8 if data[at] else 6), stop):
        wide = 4 if data[start] == 3 else 2
        number = int.from_bytes(data[start + 4 : start + 4 + wide], "big")
        if kind == b"infe" and number == item:
            break
    else:
        return None
    if data[start + 6 + wide : start + 10 + wide] != b"grid":
        return Layout([item], orientation=orientation)
    if b"iloc" not in boxes or b"iref" not in boxes:
        return None
    grid = _grid(data, boxes[b"iloc"], item, boxes.get(b"idat", (0, 0))[0])
    tiles = _tiles(data, boxes[b"iref"], item)
    if len(grid) < 8:
        return None
    rows, columns = grid[2] + 1, grid[3] + 1
    width, height = struct.unpack_from(">II" if grid[1] & 1 else ">HH", grid, 4)
    if len(tiles) != rows * columns or len(tiles) > MAX_TILES or not width or not height:
        return None
    return Layout(tiles, columns, (height, width), orientation)


def _decode(container: Any, stream: Any) -> Image | None:
    frame = next(decode(container, stream), None)
    if frame is None:
        return None
    # FFmpeg attaches the orientation of a photo in one piece to its frame; that of the layout is used.
    source = Converter(turn=False).convert(frame)
    return source.bgr() if isinstance(source, Picture) else source


def read_heif(path: Path, data: bytes) -> Image:
    """Read the main photo of a HEIC or AVIF file, all its tiles, upright.

    Args:
        path: the file.
        data: its content.

    Returns:
        (H, W, 3) BGR uint8.

    Raises:
        InputError: A tile is missing or damaged, or the photo is too large.
    """
    layout = layout_of(data)
    damaged = InputError(f"{path}: a tile of the photo is missing or damaged; convert it to jpg")
    if layout is None:
        raise InputError(
            f"{path}: the layout of this HEIC or AVIF photo is unknown; convert it to jpg"
        )
    canvas: Image | None = None
    for number, item in enumerate(layout.tiles):
        with open_media(path) as container:  # after one tile, FFmpeg does not go back to others
            stream = next((s for s in container.streams.video if s.id == item), None)
            tile = None if stream is None else _decode(container, stream)
        if tile is None:
            raise damaged
        if layout.size is None:
            return layout.orientation.apply(tile)
        if canvas is None:
            check_pixels(path, layout.size[1], layout.size[0])
            canvas = np.zeros((*layout.size, 3), np.uint8)
        height, width = tile.shape[:2]
        row, column = divmod(number, layout.columns)
        if row * height >= canvas.shape[0] or column * width >= canvas.shape[1]:
            raise damaged
        part = canvas[row * height : (row + 1) * height, column * width : (column + 1) * width]
        part[:] = tile[: part.shape[0], : part.shape[1]]
    if canvas is None:
        raise damaged
    return layout.orientation.apply(canvas)
