"""Cut a face out of a frame."""

import math
from typing import cast

import cv2
import numpy as np

from wav2lip.media.picture import Picture
from wav2lip.types import IMAGE_SIZE, Box, Image


def crop_face(image: Image, box: Box, size: int = IMAGE_SIZE) -> Image:
    """Resize the box of a frame to a square; the aspect is not kept, as published.

    The crop is accurate to a fraction of a pixel, so a slowly moving box does not make it jitter.
    Outside the frame the border is repeated. Shrinking averages, so nothing aliases.

    Args:
        image: (H, W, 3) uint8.
        box: (4,) in pixels.
        size: side of the crop in pixels.

    Returns:
        (size, size, 3) uint8.
    """
    x0, y0, x1, y1 = (float(v) for v in box)
    h, w = image.shape[:2]
    shrink = max(1, math.ceil(max(x1 - x0, y1 - y0) / size))
    # Sample an exact multiple of `size`, then average down by that whole number.
    side = size * shrink
    fx, fy = (x1 - x0) / side, (y1 - y0) / side
    # Work on the part of the frame that the box covers, so that the cost depends on the face's size.
    left, top = max(0, min(int(x0) - 2, w - 1)), max(0, min(int(y0) - 2, h - 1))
    right, bottom = max(left + 1, min(int(x1) + 3, w)), max(top + 1, min(int(y1) + 3, h))
    part = image[top:bottom, left:right]
    # Pixel centres: output u sits at x0 + (u + .5) * fx - .5 of the frame.
    back = np.array(
        [[fx, 0, x0 - left + fx / 2 - 0.5], [0, fy, y0 - top + fy / 2 - 0.5]], np.float64
    )
    sampled = cv2.warpAffine(
        part,
        back,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if shrink > 1:
        sampled = cv2.resize(sampled, (size, size), interpolation=cv2.INTER_AREA)
    return cast(Image, sampled)


def crop_coded(picture: Picture, box: Box, size: int = IMAGE_SIZE) -> Image:
    """Apply `crop_face` to a picture; only the part under the box is converted to BGR.

    Args:
        picture: the frame as it was decoded.
        box: (4,) in pixels.
        size: side of the crop in pixels.

    Returns:
        (size, size, 3) uint8 BGR, equal to the crop of the whole converted frame.
    """
    h, w = picture.size
    rows = slice(max(0, min(int(box[1]) - 2, h - 1)), max(1, min(int(box[3]) + 3, h)))
    columns = slice(max(0, min(int(box[0]) - 2, w - 1)), max(1, min(int(box[2]) + 3, w)))
    origin = np.array([columns.start, rows.start] * 2, np.float32)
    return crop_face(picture.bgr(rows, columns), box - origin, size)
