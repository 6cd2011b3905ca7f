"""Between a coded frame's YUV and BGR, by the frame's own matrix and range.

The scaler of FFmpeg is either fast and dark by two levels (its default) or exact and 14 ms for a
1280x720 frame; a 3x4 matrix applied by OpenCV is exact to the rounding and takes 2 ms. A chroma
sample is given to its four pixels and taken back as their mean, so that a frame that is decoded
and encoded unchanged keeps its chroma.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
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
BT601 = KR_KB[6]  # where a file names none, as FFmpeg and OpenCV take it
EXACT = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
)


@dataclass(frozen=True)
class Colours:
    """Colour tags as FFmpeg numbers them (ISO/IEC 23091-2)."""

    range: int = 0  # 0 unspecified, 1 limited (luma 16-235), 2 full
    space: int = UNSPECIFIED  # the YUV matrix: 1 BT.709, 5 and 6 BT.601, 9 BT.2020
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED


BT709 = Colours(range=1, space=1, primaries=1, transfer=1)  # what a still becomes


@lru_cache(maxsize=16)
def _bgr_to_yuv(space: int, full: bool) -> NDArray[np.float64]:
    """(3, 4): codes of B, G, R and 1 -> codes of Y, Cb, Cr (ITU-T H.273, section 8.3)."""
    kr, kb = KR_KB.get(space, BT601)
    luma = np.array([kb, 1.0 - kr - kb, kr])
    blue = (np.array([1.0, 0.0, 0.0]) - luma) / (2.0 * (1.0 - kb))
    red = (np.array([0.0, 0.0, 1.0]) - luma) / (2.0 * (1.0 - kr))
    scale, black = (np.ones(3), 0.0) if full else (np.array([219.0, 224.0, 224.0]) / 255.0, 16.0)
    matrix = np.stack([luma, blue, red]) * scale[:, None]
    return np.concatenate([matrix, np.array([[black], [128.0], [128.0]])], axis=1)


@lru_cache(maxsize=16)
def _yuv_to_bgr(space: int, full: bool) -> NDArray[np.float64]:
    forward = _bgr_to_yuv(space, full)
    inverse = np.linalg.inv(forward[:, :3])
    return np.concatenate([inverse, -inverse @ forward[:, 3:]], axis=1)


def _plane(frame: Any, index: int) -> NDArray[np.uint8]:
    """A view of one 8-bit plane, (height, width) of that plane."""
    plane = frame.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def colours_of(frame: Any) -> Colours:
    """The tags of a decoded frame; the old `yuvj` formats are full range by name."""
    full = frame.format.name.startswith("yuvj")
    known = [
        value or UNSPECIFIED for value in (frame.colorspace, frame.color_primaries, frame.color_trc)
    ]
    if not frame.format.name.startswith("yuv"):
        known[0] = UNSPECIFIED  # RGB and grey have no matrix
    return Colours(FULL_RANGE if full else int(frame.color_range), *(int(value) for value in known))


class ToBgr:
    """Convert decoded frames of one stream; call with an `av` frame, get (H, W, 3) BGR uint8."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def __call__(self, frame: Any) -> NDArray[np.uint8]:
        """(H, W, 3) BGR of one decoded frame, as it is stored: not rotated."""
        if frame.format.name not in ("yuv420p", "yuvj420p"):
            picture: Any = self._scaler.reformat(
                frame, format="bgr24", interpolation=EXACT, threads=1
            )
            return np.asarray(picture.to_ndarray(), np.uint8)
        colours = colours_of(frame)
        chroma = cv2.merge([_plane(frame, 1), _plane(frame, 2)])
        size = (chroma.shape[1] * 2, chroma.shape[0] * 2)
        chroma = cv2.resize(chroma, size, interpolation=cv2.INTER_NEAREST)
        chroma = chroma[: frame.height, : frame.width]
        yuv = cv2.merge([_plane(frame, 0), chroma])
        matrix = _yuv_to_bgr(colours.space, colours.range == FULL_RANGE)
        image: NDArray[np.uint8] = cv2.transform(yuv, matrix)
        return image


def from_bgr(image: NDArray[np.uint8], colours: Colours) -> Any:
    """A yuv420p `av` frame of (H, W, 3) BGR; an odd side repeats its last line to become even."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        height, width = image.shape[:2]
    full = colours.range == FULL_RANGE
    matrix = _bgr_to_yuv(colours.space, full)
    frame = VideoFrame(width, height, "yuv420p")
    # All three rows each time: OpenCV has a fast path for 3 -> 3 channels alone.
    _plane(frame, 0)[:] = cv2.extractChannel(cv2.transform(image, matrix), 0)
    small = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    chroma = cv2.transform(small, matrix)
    _plane(frame, 1)[:] = chroma[..., 1]
    _plane(frame, 2)[:] = chroma[..., 2]
    frame.color_range, frame.colorspace = colours.range, colours.space
    frame.color_primaries, frame.color_trc = colours.primaries, colours.transfer
    return frame
