"""One frame of a video, in BGR or in the planes of its codec."""

from dataclasses import dataclass

from wav2lip.media.colour import BT709, Colours
from wav2lip.media.picture import Picture
from wav2lip.types import Image


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a video as displayed, upright.

    A frame keeps its source and converts at every access, so that unused frames cost no conversion. The
    source itself is returned unchanged.

    Attributes:
        source: (H, W, 3) BGR, or a `Picture`.
        time: seconds since the presentation of the first frame.
        index: number of the frame, from 0.
        colours: tags of the planes that a BGR source converts to.

    Examples:
        >>> import numpy as np
        >>> frame = Frame(np.zeros((64, 96, 3), np.uint8), time=0.04, index=1)
        >>> frame.picture.luma.shape
        (64, 96)
    """

    source: Image | Picture
    time: float
    index: int
    colours: Colours = BT709

    @property
    def image(self) -> Image:
        """The frame in BGR, (H, W, 3) uint8."""
        return self.source.bgr() if isinstance(self.source, Picture) else self.source

    @property
    def picture(self) -> Picture:
        """The frame in 8-bit 4:2:0 planes."""
        if isinstance(self.source, Picture):
            return self.source
        return Picture.of(self.source, self.colours)

    @property
    def luma_or_bgr(self) -> Image:
        """What needs no conversion: the luma (H, W) of planes, else the BGR image (H, W, 3)."""
        return self.source.luma if isinstance(self.source, Picture) else self.source
