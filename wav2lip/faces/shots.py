"""Where one shot ends and the next begins."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL = (32, 18)  # px (width, height) a frame is shrunk to for comparison
LEAST = 14.0  # grey levels; mean change under which no two frames are different shots
TIMES_USUAL = 3.0  # a cut stands out this much from the changes before it
MEMORY = 12  # frames over which the usual change is taken


class ShotCounter:
    """Numbers shots as frames come in: 0 until the first cut, then 1, and so on."""

    def __init__(self) -> None:
        self.shot = 0
        self._last: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=MEMORY)

    def __call__(self, image: NDArray[np.uint8]) -> int:
        """The shot that this next frame belongs to: BGR (H, W, 3) or luma (H, W)."""
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
            if change > LEAST and change > TIMES_USUAL * usual:
                self.shot += 1
                self._changes.clear()
            else:
                self._changes.append(change)
        self._last = small
        return self.shot
