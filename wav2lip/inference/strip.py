"""A few frames of the output in a row, to see a run at a glance."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.picture import Picture
from wav2lip.utils.files import check_writable, write_atomically

FRAMES = 6
HEIGHT = 240  # px


class Strip:
    """Keeps the frames shown at FRAMES evenly spaced times of `seconds`, then writes the picture.

    Raises `InputError` at once for a `path` that no picture can be written to.
    """

    def __init__(self, path: Path) -> None:
        if not cv2.haveImageWriter(path.name):
            raise InputError(f"{path}: not a kind of picture; name it .png or .jpg")
        check_writable(path)
        self.path = path
        self._kept: list[NDArray[np.uint8]] = []

    def see(self, picture: Picture, time: float, seconds: float) -> None:
        """A frame of the output at `time` of `seconds`."""
        due = (len(self._kept) + 0.5) * seconds / FRAMES
        if len(self._kept) < FRAMES and (not self._kept or time >= due):
            height, width = picture.size
            size = (max(1, round(width * HEIGHT / height)), HEIGHT)
            small = cv2.resize(picture.bgr(), size, interpolation=cv2.INTER_AREA)
            self._kept.append(np.asarray(small, np.uint8))

    def write(self) -> None:
        """Write the row."""
        done, data = cv2.imencode(self.path.suffix, np.hstack(self._kept))
        if not done:
            raise InputError(f"{self.path}: cannot be written; name it .png or .jpg")
        write_atomically(self.path, data.tobytes())
