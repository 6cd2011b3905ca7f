"""Smooth edges of lips: pixels that show the mean of several places of the frame."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.triangle_map import Corners, Map, draw_map, follow_map
from wav2lip.types import Image

TIMES = 4  # places per pixel along each axis
MAX_PLACES = 2**22  # per mouth; large mouths get fewer places per pixel
# px by which the distance of two neighbours is larger in the frame than in the picture. Above the first value something
# between them is hidden, and the mean counts; from the second one it counts in full.
APART = 0.75, 1.25


@dataclass(frozen=True)
class LipEdges:
    """Pixels whose neighbours come from distant places of the frame.

    With one place each, lips that cover teeth, and slits thinner than a pixel, would look like stairs or dots.

    Attributes:
        rows: h rows of the frame.
        columns: w columns.
        share: (h, w) float32, weight of the mean in each pixel; 0: one place.
        x: (h * n, w * n) column of the frame that each of n² places per pixel shows.
        y: row.
    """

    rows: slice
    columns: slice
    share: NDArray[np.float32]
    x: Map
    y: Map

    @classmethod
    def of(
        cls,
        x: Map,
        y: Map,
        part: tuple[slice, slice],
        mouth: tuple[slice, slice],
        triangles: tuple[Corners, Corners],
    ) -> Self | None:
        """Find such pixels; None if there are none.

        Args:
            x: (H, W) columns that a map with one place per pixel shows.
            y: rows.
            part: the H rows and W columns of the frame that are mapped.
            mouth: those around the lips, within `part`.
            triangles: see `draw_map`, in the frame and where they come from.
        """
        rows, columns = (
            slice(inner.start - outer.start, inner.stop - outer.start)
            for inner, outer in zip(mouth, part, strict=True)
        )
        share = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        for values, along in ((x[rows, columns], 1), (y[rows, columns], 0)):
            for axis, one, other in (
                (0, share[1:], share[:-1]),
                (1, share[:, 1:], share[:, :-1]),
            ):
                step = np.diff(values, axis=axis)
                apart = np.maximum(-step, step - (axis == along))
                hidden = np.clip((apart - APART[0]) / (APART[1] - APART[0]), 0, 1)
                np.maximum(one, hidden, out=one)
                np.maximum(other, hidden, out=other)
        times = min(TIMES, math.isqrt(MAX_PLACES // max(share.size, 1)))
        if times < 2 or not share.any():
            return None
        size = (share.shape[1] * times, share.shape[0] * times)
        between = tuple(cv2.resize(values[rows, columns], size) for values in (x, y))
        return cls(*mouth, share, *draw_map(*triangles, *mouth, times, between))

    def smooth(self, moved: Image, image: Image, corner: tuple[int, int]) -> None:
        """Blend the means into the pixels.

        Args:
            moved: (h, w, 3) uint8, with one place per pixel; changed in place.
            image: the frame or a part of it.
            corner: row and column of the frame at which `image` begins.
        """
        places = follow_map(image, self.x, self.y, corner)
        height, width = self.share.shape
        mean = cv2.resize(places, (width, height), interpolation=cv2.INTER_AREA)
        difference = mean.astype(np.float32) - moved
        moved[:] = np.rint(moved + self.share[..., None] * difference)
