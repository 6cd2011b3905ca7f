"""A picture that an application shows, as arrays."""

from dataclasses import dataclass

import numpy as np

from wav2lip.media.picture import Picture
from wav2lip.types import Image


@dataclass(frozen=True)
class ShownPicture:
    """What the frames that a run or a live session yields have in common.

    Attributes:
        picture: the frame as 8-bit 4:2:0 planes.
    """

    picture: Picture

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 BGR, converted at every access."""
        return self.picture.bgr()

    @property
    def rgb(self) -> Image:
        """(H, W, 3) uint8 RGB, converted at every access."""
        return np.ascontiguousarray(self.picture.bgr()[..., ::-1])
