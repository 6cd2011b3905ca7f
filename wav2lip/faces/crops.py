"""Cut a face out of a frame and give its lower half to the generator to draw."""

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Box = NDArray[np.float32]


def pad_box(box: Box, pads: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    """Box (4,) widened by (top, bottom, left, right) px, as published, and cut at the frame.

    `size` is the frame's (height, width) in px. The published `--pads 0 10 0 0` lets the chin in.
    """
    top, bottom, left, right = pads
    h, w = size
    return np.array(
        [
            max(0.0, box[0] - left),
            max(0.0, box[1] - top),
            min(float(w), box[2] + right),
            min(float(h), box[3] + bottom),
        ],
        np.float32,
    )


def widen_box(box: Box, fraction: float) -> Box:
    """Box (4,) with `fraction` of its width and height added on every side; may leave the frame."""
    dx, dy = fraction * (box[2] - box[0]), fraction * (box[3] - box[1])
    return np.array([box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy], np.float32)


def crop_face(image: Image, box: Box, size: int = 96) -> Image:
    """The box of a frame (H, W, 3) resized to a square, aspect not kept (as published).

    Sub-pixel accurate, so that a slowly moving box does not make the crop shake. Where the box
    leaves the frame the border is repeated. Shrinking averages (no aliasing).
    """
    x0, y0, x1, y1 = (float(v) for v in box)
    h, w = image.shape[:2]
    shrink = max(1, math.ceil(max(x1 - x0, y1 - y0) / size))
    # An exact multiple of `size` is sampled, then averaged down by that whole number.
    side = size * shrink
    fx, fy = (x1 - x0) / side, (y1 - y0) / side
    # Work on the part of the frame that the box covers: cost follows the face, not the frame.
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


def mask_lower_half(faces: NDArray[np.generic]) -> NDArray[np.generic]:
    """Crops (..., S, S, 3) with the lower half set to 0: what the generator has to draw."""
    masked = faces.copy()
    masked[..., faces.shape[-3] // 2 :, :, :] = 0
    return masked
