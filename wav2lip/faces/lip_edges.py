"""Pixels along the lips that show more than one place of the frame."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.triangle_map import Corners, Map, draw_map, follow_map
from wav2lip.types import Image

TIMES = 4  # places per pixel along each axis
# px; neighbours that lie farther apart in the frame than here, by more than this, hide something between them.
APART = 0.75


@dataclass(frozen=True)
class LipEdges:
    """Pixels that show the mean of several places, since what lies beside each other comes from places apart.

    With one place each, lips that hide teeth, or a slit thinner than a pixel, would look like stairs or dots.

    Attributes:
        rows: h rows of the frame.
        columns: w columns.
        pixels: (h, w) which of them show a mean.
        x: (h * `TIMES`, w * `TIMES`) column of the frame that each place shows.
        y: row.
    """

    rows: slice
    columns: slice
    pixels: NDArray[np.bool_]
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
            x: of the map of one place per pixel.
            y: the same.
            part: rows and columns of the frame that are mapped.
            mouth: those around the lips, within `part`.
            triangles: see `draw_map`, in the frame and where they come from.
        """
        rows, columns = (
            slice(inner.start - outer.start, inner.stop - outer.start)
            for inner, outer in zip(mouth, part, strict=True)
        )
        pixels = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
        for values, along in ((x[rows, columns], 1), (y[rows, columns], 0)):
            for axis, one, other in (
                (0, pixels[1:], pixels[:-1]),
                (1, pixels[:, 1:], pixels[:, :-1]),
            ):
                step = np.diff(values, axis=axis)
                apart = (step < -APART) | (step > APART + (axis == along))
                one |= apart
                other |= apart
        if not pixels.any():
            return None
        return cls(*mouth, pixels, *draw_map(*triangles, *mouth, TIMES))

    def smooth(
        self, moved: Image, image: Image, first: tuple[int, int], corner: tuple[int, int]
    ) -> None:
        """Put the means into the moved part of a frame.

        Args:
            moved: (H, W, 3) the part with one place per pixel; changed in place.
            image: the frame or a part of it.
            first: row and column of the frame at which `moved` begins.
            corner: those at which `image` begins.
        """
        places = follow_map(image, self.x, self.y, corner)
        height, width = self.pixels.shape
        mean = cv2.resize(places, (width, height), interpolation=cv2.INTER_AREA)
        top, left = self.rows.start - first[0], self.columns.start - first[1]
        part = moved[top : top + height, left : left + width]
        np.copyto(part, mean, where=self.pixels[..., None])
