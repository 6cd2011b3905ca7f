"""Read stills, and animated WebP, which FFmpeg does not decode."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.container import check_file
from wav2lip.media.converter import over_white
from wav2lip.media.exif import exif_orientation
from wav2lip.media.heif import is_heif, read_heif
from wav2lip.media.image_size import image_size
from wav2lip.media.rules import check_pixels
from wav2lip.types import Image

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*")  # first bytes
PNG = SIGNATURES[1]
JPEG_VIDEOS = (
    ".mjpeg",
    ".mjpg",
)  # one jpg after the other; a photo of a phone may hold several, too
HEAD = 2**16  # bytes read to tell formats apart
MIN_DELAY = 0.01  # seconds; shorter delays of an animation are shown as 0.1 s, as browsers do
DEFAULT_DELAY = 0.1


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def is_animated_webp(path: Path) -> bool:
    """Whether a file is an animated WebP."""
    with path.open("rb") as file:
        head = file.read(21)
    return _is_webp(head) and head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & 2)


def is_still(path: Path) -> bool:
    """Whether a file is a single image by its first bytes. An animated PNG or WebP is not."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(PNG):
        return b"acTL" not in head[: head.find(b"IDAT")]
    if _is_webp(head):
        return not is_animated_webp(path)
    if path.suffix.lower() in JPEG_VIDEOS:
        return False
    return head.startswith(SIGNATURES) or is_heif(head)


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a still: jpg, png, webp, bmp, tiff, heic or avif.

    Args:
        path: the file.

    Returns:
        (H, W, 3) BGR uint8, upright by its EXIF tag, with transparency over white.

    Raises:
        InputError: The file is missing, a directory, too large, or not a readable image.
    """
    path = check_file(path)
    data = path.read_bytes()
    size = image_size(path, data)
    if size is not None:
        check_pixels(path, *size)
    if is_heif(data[:12]):
        return np.ascontiguousarray(read_heif(path, data), np.uint8)
    buffer = np.frombuffer(data, np.uint8)
    try:
        image = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED)
        if image is not None and not (image.ndim == 3 and image.shape[2] == 4):
            image = cv2.imdecode(buffer, cv2.IMREAD_COLOR)  # applies the EXIF rotation
        elif image is not None:
            if image.dtype == np.uint16:
                image = (image // 257).astype(np.uint8)
            image = exif_orientation(data).apply(over_white(image))
    except cv2.error as error:
        raise InputError(f"{path}: the image is damaged; give another") from error
    if image is None:
        raise InputError(f"{path}: not a readable image; give a jpg, png, webp or bmp")
    return np.ascontiguousarray(image, np.uint8)


def read_animated_webp(path: Path) -> Iterator[tuple[Image, float]]:
    """Yield the frames of an animated WebP over white, (H, W, 3) BGR, with their durations in seconds.

    Raises:
        InputError: The file is damaged, too large, or this OpenCV does not read animations.
    """
    data = path.read_bytes()
    check_pixels(path, *(image_size(path, data) or (1, 1)), data.count(b"ANMF"))
    try:
        done, animation = cv2.imdecodeanimation(np.frombuffer(data, np.uint8))
    except AttributeError as error:  # before OpenCV 4.11
        raise InputError(f"{path}: an animated WebP; convert it to mp4 or gif") from error
    except cv2.error:
        done = False
    if not done:
        raise InputError(f"{path}: the animation is damaged; convert it to mp4 or gif")
    for image, delay in zip(animation.frames, animation.durations, strict=False):
        seconds = float(delay) / 1000
        alpha = image.ndim == 3 and image.shape[2] == 4
        shown = over_white(np.asarray(image, np.uint8)) if alpha else np.asarray(image, np.uint8)
        yield shown, seconds if seconds >= MIN_DELAY else DEFAULT_DELAY
