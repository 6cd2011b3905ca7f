"""Write an image in the format that its name states."""

from pathlib import Path

import cv2

from wav2lip.errors import InputError
from wav2lip.types import Image
from wav2lip.utils.files import write_atomically
from wav2lip.utils.text import printable


def check_image_name(path: Path) -> None:
    """Check that images of the format that a name states can be written.

    Raises:
        InputError: they cannot.
    """
    if not cv2.haveImageWriter(f"name{printable(path.suffix)}"):
        raise InputError(f"{path}: unknown image format; name it .png or .jpg")


def write_image(path: Path, image: Image) -> None:
    """Write a BGR image (H, W, 3), complete or not at all.

    Raises:
        InputError: it cannot be written.
    """
    done, data = cv2.imencode(path.suffix, image)
    if not done:
        raise InputError(f"{path}: cannot be written; name it .png or .jpg")
    write_atomically(path, data.tobytes())
