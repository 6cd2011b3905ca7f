"""An image of a few output frames side by side."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.picture import Picture
from wav2lip.utils.files import check_writable, write_atomically
from wav2lip.utils.text import printable

FRAMES = 6
HEIGHT = 240  # px


def check_image_name(path: Path) -> None:
    """Check that images of the format that a name states can be written.

    Raises:
        InputError: they cannot.
    """
    if not cv2.haveImageWriter(f"name{printable(path.suffix)}"):
        raise InputError(f"{path}: unknown image format; name it .png or .jpg")


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
        done, data = cv2.imencode(self.path.suffix, np.hstack(self._kept))
        if not done:
            raise InputError(f"{self.path}: cannot be written; name it .png or .jpg")
        write_atomically(self.path, data.tobytes())
