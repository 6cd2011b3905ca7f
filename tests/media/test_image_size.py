import struct

import cv2
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.media.image_size import image_size
from wav2lip.media.still import read_image

PICTURE = np.full((24, 40, 3), 90, np.uint8)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff", "webp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_size_stands_in_the_header(tmp_path, suffix, channels):
    path = tmp_path / f"a.{suffix}"
    cv2.imwrite(str(path), PICTURE[..., 0] if channels == 1 else PICTURE)
    assert image_size(path, path.read_bytes()) == (40, 24)
    if suffix != "png":
        assert image_size(path, path.read_bytes()[:17]) is None


def test_webp_without_loss(tmp_path):
    path = tmp_path / "a.webp"
    cv2.imwrite(str(path), PICTURE, [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert path.read_bytes()[12:16] == b"VP8L"
    assert image_size(path, path.read_bytes()) == (40, 24)


def test_the_oldest_bmp_header_has_sides_of_16_bits(tmp_path):
    path = tmp_path / "os2.bmp"
    rows = b"".join(row.tobytes() for row in PICTURE[::-1])
    head = struct.pack("<2sIHHI", b"BM", 26 + len(rows), 0, 0, 26)
    path.write_bytes(head + struct.pack("<IHHHH", 12, 40, 24, 1, 24) + rows)
    assert image_size(path, path.read_bytes()) == (40, 24)
    assert np.array_equal(read_image(path), PICTURE)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_large_tiff_is_refused_before_it_is_decoded(tmp_path, order):
    path = tmp_path / "large.tif"
    entries = ((256, 4, 1, 40_000), (257, 4, 1, 40_000))
    body = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    mark = b"II" if order == "<" else b"MM"
    path.write_bytes(mark + struct.pack(f"{order}HIH", 42, 8, len(entries)) + body + bytes(4))
    with pytest.raises(InputError, match=r"large\.tif: 40000x40000 pixels are too many"):
        read_image(path)


def test_a_png_cannot_claim_more_than_it_has(tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), PICTURE)
    data = bytearray(path.read_bytes())
    data[33] = 0xFF  # OpenCV would allocate 4 GB
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.png: the image is truncated or damaged"):
        read_image(path)
