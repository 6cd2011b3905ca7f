"""An image of a few output frames side by side."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.media.image_writer import check_image_name, write_image
from wav2lip.media.picture import Picture
from wav2lip.utils.files import check_writable

FRAMES = 6
HEIGHT = 240  # px


class Strip:
    """Collects frames at `FRAMES` evenly spaced times and writes them side by side.

    Args:
        path: the image to write.

    Raises:
        InputError: no image can be written to `path`.
    """

    def __init__(self, path: Path) -> None:
        check_image_name(path)
        check_writable(path)
        self.path = path
        self._kept: list[NDArray[np.uint8]] = []

    def add(self, picture: Picture, time: float, seconds: float) -> None:
        """Keep the frame if the next one of the strip is due.

        Args:
            picture: a frame of the output.
            time: seconds since the start of the output.
            seconds: length of the output.
        """
        due = (len(self._kept) + 0.5) * seconds / FRAMES
        if len(self._kept) < FRAMES and (not self._kept or time >= due):
            height, width = picture.size
            size = (max(1, round(width * HEIGHT / height)), HEIGHT)
            small = cv2.resize(picture.bgr(), size, interpolation=cv2.INTER_AREA)
            self._kept.append(np.asarray(small, np.uint8))

    def write(self) -> None:
        """Write the image.

        Raises:
            InputError: the file cannot be written.
        """
        write_image(self.path, np.hstack(self._kept))
