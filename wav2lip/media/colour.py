"""Colour tags of coded frames, and the conversion matrices between YUV and BGR that they stand for."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNSPECIFIED = 2
FULL_RANGE = 2
KR_KB = {  # matrix number of ISO/IEC 23091-2 -> weight of red and of blue in luma
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.601, 625 lines
    6: (0.299, 0.114),  # BT.601, 525 lines
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020
    10: (0.2627, 0.0593),
}
BT601 = KR_KB[6]  # for a file without a tag, as FFmpeg and OpenCV assume


@dataclass(frozen=True)
class Colours:
    """Colour tags of a stream, numbered as in ISO/IEC 23091-2 and FFmpeg.

    Attributes:
        range: 0 unspecified, 1 limited (luma 16-235), 2 full.
        space: YUV matrix: 1 BT.709, 5 and 6 BT.601, 9 BT.2020.
        primaries: colour primaries.
        transfer: transfer characteristics.
    """

    range: int = 0
    space: int = UNSPECIFIED
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED


BT709 = Colours(range=1, space=1, primaries=1, transfer=1)  # of the video made from a still


@lru_cache(maxsize=16)
def bgr_to_yuv(space: int, full: bool) -> NDArray[np.float64]:
    """Matrix (3, 4) from 8-bit B, G, R and 1 to 8-bit Y, Cb, Cr (ITU-T H.273, section 8.3).

    Args:
        space: `Colours.space`.
        full: whether the range of Y, Cb and Cr is full.
    """
    kr, kb = KR_KB.get(space, BT601)
    luma = np.array([kb, 1.0 - kr - kb, kr])
    blue = (np.array([1.0, 0.0, 0.0]) - luma) / (2.0 * (1.0 - kb))
    red = (np.array([0.0, 0.0, 1.0]) - luma) / (2.0 * (1.0 - kr))
    scale, black = (np.ones(3), 0.0) if full else (np.array([219.0, 224.0, 224.0]) / 255.0, 16.0)
    matrix = np.stack([luma, blue, red]) * scale[:, None]
    return np.concatenate([matrix, np.array([[black], [128.0], [128.0]])], axis=1)


@lru_cache(maxsize=16)
def yuv_to_bgr(space: int, full: bool) -> NDArray[np.float64]:
    """Matrix (3, 4) from 8-bit Y, Cb, Cr and 1 to 8-bit B, G, R: the inverse of `bgr_to_yuv`."""
    forward = bgr_to_yuv(space, full)
    inverse = np.linalg.inv(forward[:, :3])
    return np.concatenate([inverse, -inverse @ forward[:, 3:]], axis=1)


def colours_of(frame: Any) -> Colours:
    """Colour tags of a decoded `av` frame. The old `yuvj` formats are full range by name."""
    full = frame.format.name.startswith("yuvj")
    if not frame.format.name.startswith("yuv"):
        return BT709  # RGB and grey have no matrix: the planes are made with this one
    known = [
        value or UNSPECIFIED for value in (frame.colorspace, frame.color_primaries, frame.color_trc)
    ]
    return Colours(FULL_RANGE if full else int(frame.color_range), *(int(value) for value in known))
