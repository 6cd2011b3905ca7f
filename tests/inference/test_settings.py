from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.inference.settings import Settings
from wav2lip.media.colour import BT709
from wav2lip.media.picture import Picture

NOISE = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)
PICTURE = Picture.of(np.asarray(cv2.resize(NOISE, (60, 40)), np.uint8), BT709)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fps": 0}, "fps must be 1 to 240, not 0"),
        ({"fps": float("nan")}, "fps must be 1 to 240, not nan"),
        ({"detector": "eye"}, "auto, blazeface, hog, sfd, yunet, retinaface, scrfd"),
        ({"blend": "glue"}, "feather, box, poisson"),
        (
            {"faces": "two"},
            "faces must be one of largest, all or a whole number, 1 or more, not two",
        ),
        ({"faces": 0}, "faces must be one of largest, all or a whole number, 1 or more, not 0"),
        ({"fps": 0.001}, "fps must be 1 to 240, not 0.001"),
        ({"fps": "25"}, "fps must be 1 to 240, not 25"),
        (
            {"pads": (0, 1)},
            "pads must be four numbers (top bottom left right), each a whole number",
        ),
        ({"pads": (0, 10, 0, 0.5)}, "pads must be four numbers"),
        ({"box": (0, 1, -2, 3)}, "box must be four numbers (top bottom left right), each a whole"),
        ({"detector": "retinafac"}, "did you mean retinaface?"),
        ({"smooth": "no"}, "smooth must be true or false, not no"),
        (
            {"codec": ""},
            "codec must be one of libx264, libx265, h264_nvenc, hevc_nvenc, libvpx-vp9, libsvtav1 or null, not ''",
        ),
        ({"crf": 18.5}, "crf must be a whole number, 0 to 51, not 18.5"),
        ({"batch_size": 0}, "batch_size must be a whole number, 1 or more, not 0"),
        ({"resize_factor": 0}, "resize_factor must be a whole number, 1 or more, not 0"),
        (
            {"crop": (50, 10, 0, -1)},
            "crop 50 10 0 -1 (top bottom left right) is empty; top must be",
        ),
        ({"box": (0, 9, 4, 4)}, "box 0 9 4 4 (top bottom left right) is empty"),
        ({"crf": 52}, "crf must be a whole number, 0 to 51, not 52"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Settings(**wrong)
    assert message in str(caught.value)
    assert caught.value.settings == tuple(wrong)
    assert "\n" not in str(caught.value)


def test_resized_then_turned_then_cut() -> None:
    settings = Settings(resize_factor=2, rotate=True, crop=(5, -1, 2, 12))
    framed = settings.prepare(PICTURE)
    assert framed.size == (25, 10)
    turned = np.rot90(Settings(resize_factor=2).prepare(PICTURE).luma, -1)  # clockwise
    np.testing.assert_array_equal(framed.luma, turned[5:, 2:12])


def test_left_alone_by_default() -> None:
    assert Settings().prepare(PICTURE) is PICTURE


def test_a_crop_outside_the_frame_is_refused() -> None:
    with pytest.raises(InputError, match=r"^crop 0 41 0 60 .* is 60 wide and 40 high"):
        Settings(crop=(0, 41, 0, -1)).prepare(PICTURE)


def test_a_box_without_one_side_is_no_box() -> None:
    assert Settings().finds_faces
    settings = Settings(box=(-1, 250, 150, 300))
    assert not settings.finds_faces
    with pytest.raises(InputError, match=r"box -1 250 150 300 .* must lie inside the frame"):
        settings.fixed_box((400, 400))


def test_the_box_is_given_top_first() -> None:
    settings = Settings(box=(1, 20, 3, 40))
    assert settings.fixed_box((40, 60)).tolist() == [3, 1, 40, 20]
    with pytest.raises(InputError, match="must lie inside the frame"):
        settings.fixed_box((40, 39))


def test_rates_are_the_exact_ones() -> None:
    assert Settings(fps=29.97).rate == Fraction(30000, 1001)
    assert Settings(fps=23.976).rate == Fraction(24000, 1001)
    assert Settings(fps=25).rate == 25
    assert Settings(fps=12.5).rate == Fraction(25, 2)
