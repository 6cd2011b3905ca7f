"""A frame in the planes of its codec: parts of it can be converted to BGR, or replaced.

FFmpeg's scaler is either fast and two levels too dark (its default), or exact and slow (14 ms for a
1280x720 frame). A 3x4 matrix applied by OpenCV is exact up to rounding and takes 2 ms, and a face is a
small part of a frame. A chroma sample is repeated for its four pixels, and computed as the mean of
four, so that unchanged pixels keep their codes from decoder to encoder.
"""

from dataclasses import dataclass, field
from typing import Any, Self

import cv2
import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from wav2lip.media.colour import FULL_RANGE, Colours, bgr_to_yuv, yuv_to_bgr
from wav2lip.media.orientation import Orientation
from wav2lip.types import Image

WHOLE = slice(None)


def _half(size: int) -> int:
    """Chroma samples for `size` pixels."""
    return (size + 1) // 2


def as_bytes(array: Any) -> Image:
    """Return 8-bit codes as they are, typed as an image."""
    return np.asarray(array, np.uint8)


def _around(part: slice, size: int) -> tuple[int, int, int, int]:
    """Start and stop of a part in pixels, and of the chroma samples that cover it."""
    start, stop, _ = part.indices(size)
    return start, stop, start // 2, _half(stop)


def _averaged(plane: Image, size: tuple[int, int], shrink: int) -> Image:
    """Average squares of `shrink` samples from the plane's upper left on; `size` is (columns, rows)."""
    part = plane[: size[1] * shrink, : size[0] * shrink]
    return part if shrink == 1 else as_bytes(cv2.resize(part, size, interpolation=cv2.INTER_AREA))


def _blend(codes: Any, mask: NDArray[np.float32], plane: Image, top: int, left: int) -> None:
    """Blend real-valued codes (h, w) into a part of a plane, in place."""
    part = plane[top : top + mask.shape[0], left : left + mask.shape[1]]
    blended = codes - part  # float32; the rest in place, which saves half the time
    blended *= mask
    blended += part
    part[:] = np.clip(np.rint(blended, out=blended), 0, 255, out=blended)


@dataclass(frozen=True, eq=False)
class Picture:
    """A frame in 8-bit 4:2:0 planes, with the meaning of their codes.

    Never change one in place: the decoder may still refer to its planes.

    Attributes:
        luma: (H, W), Y.
        blue: (ceil(H / 2), ceil(W / 2)), Cb.
        red: (ceil(H / 2), ceil(W / 2)), Cr.
        colours: tags that define the matrix and the range.
        unused: the `av` frame whose memory the planes are, until an encoder takes it; see `coded`.
    """

    luma: Image
    blue: Image
    red: Image
    colours: Colours
    unused: list[Any] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, image: Image, colours: Colours) -> Self:
        """Convert a BGR image (H, W, 3) to planes."""
        height, width = image.shape[:2]
        matrix = bgr_to_yuv(colours.space, colours.range == FULL_RANGE)
        # All three rows every time: OpenCV has a fast path only for 3 -> 3 channels.
        luma = cv2.extractChannel(cv2.transform(image, matrix), 0)
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        half = (_half(width), _half(height))
        small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
        _, blue, red = cv2.split(cv2.transform(small, matrix))
        return cls(as_bytes(luma), as_bytes(blue), as_bytes(red), colours)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.luma.shape[0], self.luma.shape[1]

    def bgr(self, rows: slice = WHOLE, columns: slice = WHOLE, shrink: int = 1) -> Image:
        """Convert some rows and columns to a new BGR image; by default all.

        Args:
            rows: h rows of the frame.
            columns: w columns of the frame.
            shrink: 1, or an even number by which the part is averaged down before it is converted;
                the part then starts at an even row and column, and rows and columns beyond the last
                multiple of `shrink` are left out.

        Returns:
            (h // shrink, w // shrink, 3).
        """
        top, bottom, upper, lower = _around(rows, self.luma.shape[0])
        left, right, near, far = _around(columns, self.luma.shape[1])
        if shrink > 1:
            size = (right - left) // shrink, (bottom - top) // shrink
            luma = _averaged(self.luma[top:, left:], size, shrink)
            planes = [_averaged(p[upper:, near:], size, shrink // 2) for p in (self.blue, self.red)]
            yuv = cv2.merge([luma, *planes])
        else:
            chroma = cv2.merge([plane[upper:lower, near:far] for plane in (self.blue, self.red)])
            size = (2 * chroma.shape[1], 2 * chroma.shape[0])
            chroma = cv2.resize(chroma, size, interpolation=cv2.INTER_NEAREST)
            y, x = top - 2 * upper, left - 2 * near
            chroma = chroma[y : y + bottom - top, x : x + right - left]
            yuv = cv2.merge([self.luma[top:bottom, left:right], chroma])
        matrix = yuv_to_bgr(self.colours.space, self.colours.range == FULL_RANGE)
        return as_bytes(cv2.transform(yuv, matrix))

    def with_part(
        self, image: NDArray[Any], mask: NDArray[np.float32], top: int, left: int
    ) -> Self:
        """Blend an image into a part of the frame.

        A chroma sample changes only if the mask covers all its pixels, so that every code outside
        the mask stays.

        Args:
            image: (h, w, 3) BGR, uint8 or float32.
            mask: (h, w), weight of `image`, 0-1.
            top: first line of the part, even.
            left: first column of the part, even.

        Returns:
            A new picture.
        """
        height, width = mask.shape
        matrix = bgr_to_yuv(self.colours.space, self.colours.range == FULL_RANGE)
        image = image.astype(np.float32, copy=False)
        copy = self._copy()
        luma, blue, red = copy.luma, copy.blue, copy.red
        _blend(cv2.extractChannel(cv2.transform(image, matrix), 0), mask, luma, top, left)
        if height % 2 or width % 2:
            pads = ((0, height % 2), (0, width % 2))
            image = np.pad(image, (*pads, (0, 0)), mode="edge")
            mask = np.pad(mask, pads, mode="edge")
        half = (_half(width), _half(height))
        small = cv2.resize(image, half, interpolation=cv2.INTER_AREA)
        soft = np.asarray(cv2.resize(mask, half, interpolation=cv2.INTER_AREA), np.float32)
        inside = mask > 0
        whole = inside[::2, ::2] & inside[1::2, ::2] & inside[::2, 1::2] & inside[1::2, 1::2]
        soft[~whole] = 0
        chroma = cv2.transform(small, matrix)
        _blend(chroma[..., 1], soft, blue, top // 2, left // 2)
        _blend(chroma[..., 2], soft, red, top // 2, left // 2)
        return copy

    def _copy(self) -> Self:
        """Copy to memory of its own, that of an `av` frame if both sides are even."""
        planes = self.luma, self.blue, self.red
        height, width = self.size
        if height % 2 or width % 2:
            luma, blue, red = (plane.copy() for plane in planes)
            return type(self)(luma, blue, red, self.colours)
        frame = VideoFrame(width, height, "yuv420p")
        luma, blue, red = (plane_of(frame, index) for index in range(3))
        for target, plane in zip((luma, blue, red), planes, strict=True):
            target[:] = plane
        return type(self)(luma, blue, red, self.colours, [frame])

    def turned(self, orientation: Orientation) -> "Picture":
        """Turn and mirror the frame."""
        if (
            self.luma.shape[0] % 2 or self.luma.shape[1] % 2
        ):  # chroma samples would cover other pixels
            return Picture.of(orientation.apply(self.bgr()), self.colours)
        luma, blue, red = (orientation.apply(p) for p in (self.luma, self.blue, self.red))
        return Picture(luma, blue, red, self.colours)

    def coded(self) -> Any:
        """Return a yuv420p `av` frame for an encoder. An odd side repeats its last line.

        It is the caller's own. The first one of a picture that `with_part` has made shares the picture's
        memory, which the caller must not change; others are copies.
        """
        height, width = self.size
        if height % 2 or width % 2:
            pads = ((0, height % 2), (0, width % 2))
            luma = np.pad(self.luma, pads, mode="edge")
            return Picture(luma, self.blue, self.red, self.colours).coded()
        try:
            frame = self.unused.pop()
        except IndexError:
            frame = self._copy().unused.pop()
        frame.color_range, frame.colorspace = self.colours.range, self.colours.space
        frame.color_primaries, frame.color_trc = self.colours.primaries, self.colours.transfer
        return frame


def plane_of(frame: Any, index: int) -> Image:
    """View of one 8-bit plane (h, w) of an `av` frame."""
    plane = frame.planes[index]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
