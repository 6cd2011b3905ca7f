"""Strips of frames of a video as JPEG."""

from pathlib import Path

import cv2
import numpy as np

from wav2lip.media.video import probe, read_frames
from wav2lip.types import Image

FRAMES = 6
HEIGHT = 96  # px
LONGEST = 10.0  # seconds from the start; the rest is not decoded
QUALITY = 80  # of JPEG, 0 to 100


def strip(path: Path, frames: int = FRAMES, height: int = HEIGHT) -> bytes:
    """Put frames at even times side by side.

    Args:
        path: video or still.
        frames: how many; a still has one.
        height: of the strip in px.

    Returns:
        The JPEG file's content.

    Raises:
        InputError: the video cannot be read.
    """
    info = probe(path)
    step = min(info.duration or 0.0, LONGEST) / frames
    tiles: list[Image] = []
    for frame in read_frames(path):
        if frame.time >= len(tiles) * step:
            image = frame.image
            width = max(1, round(image.shape[1] * height / image.shape[0]))
            tiles.append(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))
        if len(tiles) == frames or info.is_still:
            break
    done, data = cv2.imencode(".jpg", np.hstack(tiles), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"{path}: its thumbnails cannot be encoded")
    return data.tobytes()
