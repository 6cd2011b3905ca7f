import cv2
import numpy as np
import pytest

from wav2lip.faces.sampling import sample_part, sample_square
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture


def ramp(height=201, width=303):
    """BGR whose blue is the column, whose green is the row, and whose red is 90."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 0.8, y * 1.0, np.full_like(x, 90)], -1).astype(np.uint8)


@pytest.mark.parametrize("scale", [0.5, 1.4, 1.6, 3.5, 9.0])
def test_the_map_leads_from_the_frame_to_the_part(scale):
    image = ramp()
    part, to_part = sample_part(image, (60.0, 40.0, 180.0, 150.0), scale)
    shrink = {0.5: 1, 1.4: 1, 1.6: 2, 3.5: 4, 9.0: 8}[scale]
    assert to_part[:, :2].tolist() == [[1 / shrink, 0], [0, 1 / shrink]]
    x, y = np.rint(to_part @ [100.0, 80.0, 1.0]).astype(int)
    back = (np.array([x, y]) - to_part[:, 2]) * shrink
    assert np.abs(part[y, x, :2] - back * [0.8, 1.0]).max() <= 1.0
    assert part.shape[0] >= 110 // shrink
    assert part.shape[1] >= 120 // shrink


def test_a_part_beyond_the_frame_is_its_border():
    for box in ((-500.0, -500.0, -400.0, -400.0), (900.0, 900.0, 1000.0, 1000.0)):
        part, _ = sample_part(ramp(), box, 8.0)
        assert part.size > 0
    tiny, _ = sample_part(ramp(3, 3), (-90.0, -90.0, 90.0, 90.0), 8.0)
    assert tiny.shape == (3, 3, 3)


@pytest.mark.parametrize("side", [300, 100, 48, 20])
def test_a_square_is_what_an_affine_map_shows(side):
    image = cv2.GaussianBlur(
        np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8), (0, 0), 9
    )
    angle, scale = np.radians(20.0), 200 / side
    to_frame = np.array(
        [
            [scale * np.cos(angle), -scale * np.sin(angle), 120.0],
            [scale * np.sin(angle), scale * np.cos(angle), 60.0],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = cv2.warpAffine(image, to_frame, (side, side), flags=flags)
    assert np.abs(sample_square(image, to_frame, side).astype(int) - wanted).max() <= 3


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0, 6.0])
def test_a_coded_frame_gives_the_same(scale):
    smooth = cv2.resize(ramp(50, 80), (320, 200), interpolation=cv2.INTER_CUBIC)
    picture = Picture.of(smooth, BT709)
    box = (31.0, 21.0, 250.0, 180.0)
    coded, to_coded = sample_part(picture, box, scale)
    plain, to_plain = sample_part(picture.bgr(), box, scale)
    assert (to_coded == to_plain).all()
    assert np.abs(coded.astype(int) - plain).max() <= 2
