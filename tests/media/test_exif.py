import struct

import cv2
import numpy as np
import pytest

from wav2lip.media.exif import exif_orientation
from wav2lip.media.orientation import UPRIGHT
from wav2lip.media.still import read_image


def with_exif(suffix: str, image: np.ndarray, orientation: int) -> bytes:
    """A png or webp whose EXIF data hold one tag."""
    exif = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)
    data = cv2.imencode(suffix, image, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    if suffix == ".png":  # after the header chunk; the checksum is not read
        return data[:33] + struct.pack(">I", len(exif)) + b"eXIf" + exif + bytes(4) + data[33:]
    chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif
    size = struct.pack("<I", len(data) - 8 + len(chunk))
    return data[:4] + size + data[8:] + chunk


@pytest.mark.parametrize("suffix", [".png", ".webp"])
@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, lambda image: image),
        (2, lambda image: image[:, ::-1]),
        (3, lambda image: image[::-1, ::-1]),
        (4, lambda image: image[::-1]),
        (5, lambda image: image.transpose(1, 0, 2)),
        (6, lambda image: np.rot90(image, -1)),
        (7, lambda image: image[::-1, ::-1].transpose(1, 0, 2)),
        (8, lambda image: np.rot90(image)),
        (99, lambda image: image),
    ],
)
def test_a_transparent_picture_is_turned(tmp_path, suffix, orientation, shown):
    image = np.full((4, 6, 4), 255, np.uint8)
    image[..., :3] = np.arange(72, dtype=np.uint8).reshape(4, 6, 3) * 3
    image[0, 0, 3] = 0
    path = tmp_path / f"a{suffix}"
    path.write_bytes(with_exif(suffix, image, orientation))
    white = image[..., :3].copy()
    white[0, 0] = 255
    np.testing.assert_array_equal(read_image(path), shown(white))


@pytest.mark.parametrize(
    "data", [b"", b"eXIfMM\0*", b"eXIfMM\0*" + b"\xff" * 8, b"EXIF\0\0\0\0none"]
)
def test_damaged_exif_data_turn_nothing(data):
    assert exif_orientation(data) == UPRIGHT
