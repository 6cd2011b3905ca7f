"""Convert decoded frames to what is displayed."""

from typing import Any

import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from wav2lip.media.colour import colours_of
from wav2lip.media.orientation import UPRIGHT, Orientation, orientation_of
from wav2lip.media.picture import Picture, as_bytes, plane_of
from wav2lip.types import Image

EXACT = (
    Interpolation.BICUBIC
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.ACCURATE_RND
)
PLANAR_420 = ("yuv420p", "yuvj420p")  # pixel formats of FFmpeg whose planes are used directly


def over_white(image: NDArray[np.uint8]) -> Image:
    """Composite BGRA (H, W, 4) over white: BGR (H, W, 3)."""
    if (image[..., 3] == 255).all():
        return np.ascontiguousarray(image[..., :3])
    alpha = image[..., 3:].astype(np.uint16)
    mixed = image[..., :3] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


class Converter:
    """Convert the decoded `av` frames of one stream to what is displayed.

    Frames are turned by their display matrix. All have the size of the first: a frame of another size
    is scaled. Alpha is composited over white.

    Args:
        size: width and height as displayed, in pixels; None: those of the first frame.
        turn: whether frames are turned by their display matrix.
    """

    def __init__(self, size: tuple[int, int] | None = None, turn: bool = True) -> None:
        self._scaler = VideoReformatter()
        self._size = size
        self._turn = turn
        self._rotation: int | None = None  # of the frame that the orientation was read from
        self._orientation = UPRIGHT

    def _orientation_of(self, frame: Any) -> Orientation:
        """Read the display matrix of the first frame, and again if the rotation changes."""
        if not self._turn:
            return UPRIGHT
        rotation = int(frame.rotation)
        if rotation != self._rotation:
            self._rotation, self._orientation = rotation, orientation_of(frame)
        return self._orientation

    def convert(self, frame: Any) -> Image | Picture:
        """Convert a frame to the form that loses nothing.

        Args:
            frame: a decoded `av` frame.

        Returns:
            The planes of an 8-bit 4:2:0 frame, without a copy if it is not turned. Other formats,
            and turned frames with an odd side, as (H, W, 3) BGR.
        """
        orientation, colours = self._orientation_of(frame), colours_of(frame)
        size = (frame.width, frame.height)
        self._size = self._size or (size[::-1] if orientation.transpose else size)
        coded = self._size[::-1] if orientation.transpose else self._size
        if size != coded:
            frame = frame.reformat(*coded)
        if frame.format.name not in PLANAR_420:
            alpha = any(component.is_alpha for component in frame.format.components)
            # The scaler applies the frame's own matrix and range.
            scaled: Any = self._scaler.reformat(
                frame, format="bgra" if alpha else "bgr24", interpolation=EXACT, threads=1
            )
            image = as_bytes(scaled.to_ndarray())
            image = over_white(image) if alpha else image
        else:
            luma, blue, red = (plane_of(frame, index) for index in range(3))
            picture = Picture(luma, blue, red, colours)
            if orientation == UPRIGHT:
                return picture
            if picture.size[0] % 2 == 0 and picture.size[1] % 2 == 0:
                return picture.turned(orientation)
            image = picture.bgr()  # chroma samples would cover other pixels when turned
        return image if orientation == UPRIGHT else orientation.apply(image)
