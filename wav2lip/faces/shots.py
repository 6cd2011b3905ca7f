"""Detect cuts between shots."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image

THUMBNAIL = (32, 18)  # px, width and height to which frames are shrunk for comparison
MIN_CHANGE = 14.0  # grey levels; a smaller mean change is never a cut
MIN_RATIO = 3.0  # a cut changes at least this many times as much as the frames before it
MEMORY = 12  # frames whose median change is the usual one


class ShotCounter:
    """Number the shots of a video frame by frame: 0 until the first cut, then 1, and so on.

    Attributes:
        shot: number of the current shot.

    Examples:
        >>> count = ShotCounter()
        >>> [count(np.full((36, 64), level, np.uint8)) for level in (10, 12, 200, 201)]
        [0, 0, 1, 1]
    """

    def __init__(self) -> None:
        self.shot = 0
        self._last: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=MEMORY)

    def __call__(self, image: Image) -> int:
        """Return the number of the shot that the next frame belongs to.

        Args:
            image: BGR (H, W, 3) or luma (H, W).

        Raises:
            ValueError: if the size differs from that of the frame before.
        """
        step = max(
            1, min(image.shape[0] // (4 * THUMBNAIL[1]), image.shape[1] // (4 * THUMBNAIL[0]))
        )
        thumbnail = cv2.resize(image[::step, ::step], THUMBNAIL, interpolation=cv2.INTER_AREA)
        small = thumbnail.astype(np.float32)
        if self._last is not None:
            if small.shape != self._last.shape:
                raise ValueError("frames of one video must have one size")
            change = float(np.abs(small - self._last).mean())
            usual = float(np.median(self._changes)) if self._changes else 0.0
            if change > MIN_CHANGE and change > MIN_RATIO * usual:
                self.shot += 1
                self._changes.clear()
            else:
                self._changes.append(change)
        self._last = small
        return self.shot
