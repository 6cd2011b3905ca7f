"""Sample the surroundings of a face at about the resolution that is asked for.

The frame is averaged down by a whole number before its colours are converted and before it is turned, so
the cost hardly depends on the face's size. `wav2lip.faces.crops.cut_face` is slower and more exact.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.media.picture import Picture
from wav2lip.types import Image

EDGE = 2  # px around the part that interpolation may read
MIN_SHRINK = 1.5  # px of the frame per px; from there on the frame is averaged down


def _lines(low: float, high: float, size: int, shrink: int) -> slice:
    """Return the lines of a frame of `size` from `low` to `high`, at least `shrink`, from an even one."""
    start = max(0, min(int(low) - EDGE * shrink, size - shrink)) // 2 * 2
    return slice(start, max(start + shrink, min(int(high) + EDGE * shrink + 1, size)))


def sample_part(
    source: Image | Picture, box: tuple[float, float, float, float], scale: float
) -> tuple[Image, NDArray[np.float64]]:
    """Convert a part of a frame, at a resolution from 3/4 to 3/2 of the one that is asked for.

    Args:
        source: the frame as it was decoded, or as BGR (H, W, 3) uint8.
        box: left, top, right and bottom in pixels. It may extend beyond the frame.
        scale: pixels of the frame per pixel of the result; below 1.5 the result has the frame's resolution.

    Returns:
        (h, w, 3) uint8 BGR, the part of the box that lies in the frame and a little more; and the affine
        map (2, 3) from pixels of the frame to pixels of the result, between pixel centres.
    """
    height, width = source.size if isinstance(source, Picture) else source.shape[:2]
    shrink = 1 if scale < MIN_SHRINK else 2 * round(scale / 2)
    shrink = shrink if shrink <= min(height, width) else 1
    left, top, right, bottom = box
    rows, columns = _lines(top, bottom, height, shrink), _lines(left, right, width, shrink)
    if isinstance(source, Picture):
        part = source.bgr(rows, columns, shrink)
    else:
        part = source[rows, columns]
        if shrink > 1:
            size = (part.shape[1] // shrink, part.shape[0] // shrink)
            whole = part[: size[1] * shrink, : size[0] * shrink]
            part = cast(Image, cv2.resize(whole, size, interpolation=cv2.INTER_AREA))
    step, centre = 1 / shrink, (1 / shrink - 1) / 2
    x, y = (centre - line.start * step for line in (columns, rows))
    return part, np.array([[step, 0, x], [0, step, y]])


def sample_square(source: Image | Picture, to_frame: NDArray[np.float64], side: int) -> Image:
    """Sample a square that is turned with the head.

    Args:
        source: the frame as it was decoded, or as BGR (H, W, 3) uint8.
        to_frame: affine map (2, 3) from pixels of the square to pixels of the frame, between centres.
        side: of the square in pixels.

    Returns:
        (side, side, 3) uint8 BGR. Outside the frame its border is repeated.
    """
    corners = to_frame @ np.array([[0, side, 0, side], [0, 0, side, side], [1, 1, 1, 1]])
    (left, top), (right, bottom) = corners.min(axis=1), corners.max(axis=1)
    scale = float(np.hypot(*to_frame[:, 0]))
    part, to_part = sample_part(source, (left, top, right, bottom), scale)
    to_part[:, 2] += to_part[:, :2] @ to_frame[:, 2]
    to_part[:, :2] = to_part[:, :2] @ to_frame[:, :2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    sampled = cv2.warpAffine(
        part, to_part, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Image, sampled)
