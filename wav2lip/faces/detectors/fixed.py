"""A face that is known to stand in one place."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.detectors.hog import Boxes, Image


class FixedBox:
    """A detector that does not look: `place((height, width))` is the face's box (4,) px."""

    def __init__(self, place: Callable[[tuple[int, int]], NDArray[np.float32]]) -> None:
        self._place = place

    def detect(self, image: Image) -> Boxes:
        """(H,W,3) -> (1,5), the box with a score of 1."""
        box = self._place((image.shape[0], image.shape[1]))
        return np.append(box, 1.0).astype(np.float32)[None]

    def redetect(self, image: Image, known: Boxes) -> Boxes:
        """The same."""
        return self.detect(image)

    def settings(self) -> dict[str, str]:
        """What decides the box: who gave it knows."""
        return {"detector": "fixed"}
