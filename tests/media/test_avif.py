"""An AVIF photo in tiles, put together by hand: no library at hand writes one."""

import struct
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from wav2lip.errors import InputError
from wav2lip.media.video import probe, read_image

COLOURS = (
    (20, 60, 200),
    (200, 30, 40),
    (40, 180, 60),
    (230, 230, 230),
)  # BGR of the tiles, by rows
SIDE = 64  # of a tile
WIDTH, HEIGHT = 120, 100  # of the photo, which cuts the tiles at its right and bottom


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def encode_tile(colour: tuple[int, int, int]) -> bytes:
    codec = av.CodecContext.create("libsvtav1", "w")
    codec.width = codec.height = SIDE
    codec.pix_fmt, codec.time_base, codec.framerate = "yuv420p", Fraction(1, 25), 25
    frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), colour, np.uint8), format="bgr24")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))


def make_grid() -> bytes:
    """Items 2 to 5 are the tiles, item 1 is the grid that refers to them."""
    grid = struct.pack(">BBBBHH", 0, 0, 1, 1, WIDTH, HEIGHT)
    contents = [grid, *map(encode_tile, COLOURS)]
    numbers = range(1, len(contents) + 1)
    kinds = (b"grid", *[b"av01"] * len(COLOURS))
    infos = (
        full_box(b"infe", 2, struct.pack(">HH4s", number, 0, kind), b"\0")
        for number, kind in zip(numbers, kinds, strict=True)
    )
    tiles = (struct.pack(">H", number) for number in numbers[1:])
    properties = box(
        b"ipco",
        box(b"av1C", b"\x81\x00\x0c\x00"),
        full_box(b"ispe", 0, struct.pack(">II", SIDE, SIDE)),
        full_box(b"ispe", 0, struct.pack(">II", WIDTH, HEIGHT)),
    )
    owners = full_box(
        b"ipma",
        0,
        struct.pack(">I", len(contents)),
        struct.pack(">HBB", 1, 1, 3),
        *(struct.pack(">HBBB", number, 2, 0x81, 2) for number in numbers[1:]),
    )
    fixed = (
        full_box(b"hdlr", 0, struct.pack(">I4s12sB", 0, b"pict", bytes(12), 0)),
        full_box(b"pitm", 0, struct.pack(">H", 1)),
        full_box(b"iinf", 0, struct.pack(">H", len(contents)), *infos),
        full_box(b"iref", 0, box(b"dimg", struct.pack(">HH", 1, len(COLOURS)), *tiles)),
        box(b"iprp", properties, owners),
    )

    def describe(start: int) -> bytes:
        places = b""
        for number, content in zip(numbers, contents, strict=True):
            places += struct.pack(">HHHII", number, 0, 1, start, len(content))
            start += len(content)
        where = full_box(b"iloc", 0, b"\x44\x00", struct.pack(">H", len(contents)), places)
        return full_box(b"meta", 0, *fixed, where)

    head = box(b"ftyp", b"avif", bytes(4), b"avifmif1miaf")
    start = len(head) + len(describe(0)) + 8
    return head + describe(start) + box(b"mdat", *contents)


@pytest.fixture(scope="module")
def grid() -> bytes:
    return make_grid()


def test_all_tiles_are_put_together(tmp_path, grid):
    path = tmp_path / "grid.avif"
    path.write_bytes(grid)
    info = probe(path)
    assert (info.width, info.height, info.is_still) == (120, 100, True)
    image = read_image(path)
    found = [image[y, x].tolist() for y in (10, 90) for x in (10, 110)]
    assert np.abs(np.subtract(found, COLOURS)).max() <= 4


TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # EXIF orientation -> the upright picture
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.transpose(1, 0, 2),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    8: lambda image: np.rot90(image, 1),
}


@pytest.mark.parametrize("orientation", TURNS)
def test_a_photo_in_one_piece_is_turned_once(tmp_path, orientation):
    image = np.empty((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:], image[24:, :32], image[24:, 32:] = COLOURS
    path = tmp_path / "a.avif"
    exif = Image.Exif()
    exif[0x112] = orientation  # Pillow writes it as irot and imir
    Image.fromarray(image[..., ::-1]).save(path, exif=exif)
    expected = TURNS[orientation](image)
    info = probe(path)
    assert (info.height, info.width) == expected.shape[:2]
    found = read_image(path).astype(int)
    assert np.abs(found - expected)[4::8, 4::8].max() <= 8


def test_a_damaged_tile_is_one_line(tmp_path, grid):
    path = tmp_path / "grid.avif"
    path.write_bytes(grid[:-20])
    with pytest.raises(InputError, match=r"grid\.avif: "):
        read_image(path)


def test_a_size_beyond_the_limit_is_refused(tmp_path, grid, monkeypatch):
    monkeypatch.setenv("WAV2LIP_MAX_PIXELS", str(WIDTH * HEIGHT - 1))
    path = tmp_path / "grid.avif"
    path.write_bytes(grid)
    with pytest.raises(InputError, match=r"grid\.avif: 120x100 pixels are too many"):
        read_image(path)
