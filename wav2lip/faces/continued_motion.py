"""Let the motion of an outline fade out beyond it, so that what is beside a face is neither torn nor shown twice."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Shares of the reach. At the outline the motion is the mean of nearest places over squares of the first one: an outline
# of pixels is ragged. Beyond the second one it is the mean over squares of the third one: the nearest places of two
# neighbours may lie on different lips.
NEAR, CLOSE, MEAN = 0.15, 0.3, 0.5

Map = NDArray[np.float32]  # (h, w)


def _fall(distance: Map) -> Map:
    """Fall from 1 at 0 to 0 at 1, without a bend at either end."""
    left = np.clip(1 - distance, 0, 1)
    return np.asarray(left * left * (3 - 2 * left), np.float32)


def _mean(motion: Map, side: float) -> Map:
    """Return the mean around each pixel: over a square, twice, so that near pixels count more."""
    size = (max(round(side), 1),) * 2
    return np.asarray(cv2.blur(cv2.blur(motion, size), size), np.float32)


def continue_motion(place: Sequence[Map], own: Sequence[Map], reach: float) -> None:
    """Fill what is not known of a map.

    Args:
        place: column and row that each pixel shows, (h, w) each, NaN where no motion is known. Changed in place.
        own: column and row of each pixel.
        reach: pixels from the nearest known one at which a pixel stays where it is.
    """
    blank = np.isnan(place[0])
    for values, at in zip(place, own, strict=True):
        np.copyto(values, at, where=blank)
    if not blank.any() or blank.all():
        return
    distance, labels = cv2.distanceTransformWithLabels(
        blank.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(labels.max() + 1, np.intp)
    known = np.flatnonzero(~blank)
    nearest[labels.reshape(-1)[known]] = known
    # Lists of pixels: most of the picture is either known or beyond reach.
    filled = np.flatnonzero(blank & (distance < reach))
    source, away = nearest[labels.reshape(-1)[filled]], distance.reshape(-1)[filled] - 1
    share, close = (_fall(away / np.float32(end)) for end in (reach, CLOSE * reach))
    for values, at in zip(place, own, strict=True):
        motion = values - at
        motion.reshape(-1)[filled] = motion.reshape(-1)[source]
        near, mean = (_mean(motion, part * reach).reshape(-1)[filled] for part in (NEAR, MEAN))
        values.reshape(-1)[filled] += share * (mean + close * (near - mean))
