"""Let the motion of an outline fade out beyond it, so that what is beside a face is neither torn nor shown twice."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Shares of the reach. Closer to the outline than the first one, the motion is that of the nearest place. Further away
# it is the mean over squares of the second one: the nearest places of two neighbours may lie on different lips.
CLOSE, MEAN = 0.08, 0.5

Map = NDArray[np.float32]  # (h, w)


def continue_motion(
    place: Sequence[Map], own: Sequence[Map], blank: NDArray[np.bool_], reach: float
) -> None:
    """Fill the blank part of a map.

    Args:
        place: column and row that each pixel shows, (h, w) each; changed in place where they are blank.
        own: column and row of each pixel.
        blank: (h, w) pixels for which no motion is known.
        reach: pixels from the nearest known one at which a blank one stays where it is.
    """
    if not blank.any() or blank.all():
        return
    distance, labels = cv2.distanceTransformWithLabels(
        blank.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros(labels.max() + 1, np.intp)
    known = np.flatnonzero(~blank)
    nearest[labels.reshape(-1)[known]] = known
    source = nearest[labels]
    share = np.square(
        np.maximum(1 - distance / np.float32(reach), 0)
    )  # 1 where the motion is known
    close = np.maximum(1 - distance / np.float32(CLOSE * reach), 0)
    side = (max(round(MEAN * reach), 1),) * 2
    for values, at in zip(place, own, strict=True):
        motion = (values - at).take(source)
        mean = cv2.blur(cv2.blur(motion, side), side)
        np.copyto(values, at + share * (mean + close * (motion - mean)), where=blank)
