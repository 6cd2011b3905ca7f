"""A detector for a face whose place is known."""

from collections.abc import Callable

import numpy as np

from wav2lip.types import Box, Boxes, Image


class FixedBox:
    """Return the same box for every frame, without detection.

    Args:
        place: maps a frame's (height, width) to the face's box, (4,) in pixels.
    """

    def __init__(self, place: Callable[[tuple[int, int]], Box]) -> None:
        self._place = place

    def detect(self, image: Image) -> Boxes:
        """Return the box with a score of 1: (1, 5)."""
        box = self._place((image.shape[0], image.shape[1]))
        return np.append(box, 1.0).astype(np.float32)[None]

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """Return the same as `detect`."""
        return self.detect(image)

    def settings(self) -> dict[str, str]:
        """Return a constant: the caller knows the box."""
        return {"detector": "fixed"}
