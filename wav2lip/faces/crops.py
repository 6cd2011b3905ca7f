"""Where a face is cut out of a frame, and the cut. `wav2lip.faces.blending` pastes it back."""

import math
from dataclasses import dataclass, replace
from typing import Self, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.media.picture import Picture
from wav2lip.types import IMAGE_SIZE, Box, Image

EDGE = 2  # px of frame around a crop that interpolation may read


@dataclass(frozen=True)
class Crop:
    """A rectangle of the frame, turned with the head. It may extend beyond the frame.

    Attributes:
        x: of its centre, in pixels.
        y: of its centre.
        width: in pixels.
        height: in pixels.
        roll: degrees by which it is turned about its centre, clockwise as seen.
    """

    x: float
    y: float
    width: float
    height: float
    roll: float = 0.0

    @classmethod
    def of_box(cls, box: Box, roll: float = 0.0) -> Self:
        """Make a crop of a box (4,), turned about its centre by `roll` degrees."""
        x0, y0, x1, y1 = (float(v) for v in box)
        return cls((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0, roll)

    @property
    def box(self) -> Box:
        """The crop before it was turned about its centre: (4,) x0, y0, x1, y1."""
        half_w, half_h = self.width / 2, self.height / 2
        corners = (self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h)
        return np.array(corners, np.float32)

    def extent(self) -> tuple[float, float, float, float]:
        """Return the smallest level box around the crop: left, top, right, bottom in pixels."""
        cos, sin = (abs(v) for v in self._direction())
        half_w = (self.width * cos + self.height * sin) / 2
        half_h = (self.width * sin + self.height * cos) / 2
        return self.x - half_w, self.y - half_h, self.x + half_w, self.y + half_h

    @property
    def bounds(self) -> Box:
        """The same as a box (4,)."""
        return np.array(self.extent(), np.float32)

    def widened(self, fraction: float) -> Self:
        """Add `fraction` of the width and height on every side."""
        grown = 1 + 2 * fraction
        return replace(self, width=self.width * grown, height=self.height * grown)

    def band(self, top: float, bottom: float) -> Self:
        """Return the part of the crop between two heights, in pixels below its upper edge."""
        cos, sin = self._direction()
        down = (top + bottom) / 2 - self.height / 2
        x, y = self.x - down * sin, self.y + down * cos
        return replace(self, x=x, y=y, height=bottom - top)

    def offsets(
        self, rows: slice, columns: slice
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Compute how far pixels lie right of and below the crop's centre, along its own axes.

        Args:
            rows: h rows of the frame.
            columns: w columns of the frame.

        Returns:
            Right and down in pixels, of shapes that broadcast to (h, w).
        """
        right = np.arange(columns.start, columns.stop)[None, :] + 0.5 - self.x
        down = np.arange(rows.start, rows.stop)[:, None] + 0.5 - self.y
        if not self.roll:
            return right, down
        cos, sin = self._direction()
        return right * cos + down * sin, down * cos - right * sin

    def to_frame(self, columns: int, rows: int) -> NDArray[np.float64]:
        """Return the affine map (2, 3) from pixels of the cut face to pixels of the frame.

        Args:
            columns: of the cut face.
            rows: of the cut face.

        Returns:
            The map between pixel centres: pixel (0, 0) of both lies at (0, 0).
        """
        cos, sin = self._direction()
        step_x, step_y = self.width / columns, self.height / rows
        half_w, half_h = self.width / 2, self.height / 2
        left = self.x - half_w * cos + half_h * sin  # the corner at the cut face's origin
        top = self.y - half_w * sin - half_h * cos
        return np.array(
            [
                [step_x * cos, -step_y * sin, left + (step_x * cos - step_y * sin) / 2 - 0.5],
                [step_x * sin, step_y * cos, top + (step_x * sin + step_y * cos) / 2 - 0.5],
            ]
        )

    def from_frame(
        self, columns: int, rows: int, left: int = 0, top: int = 0
    ) -> NDArray[np.float64]:
        """Return the inverse of `to_frame`, from pixels of the frame's part that begins at (left, top)."""
        cos, sin = self._direction()
        # In the precision of boxes: frames of a level crop stay those of its box to the last bit.
        step_x, step_y = (
            columns / float(np.float32(self.width)),
            rows / float(np.float32(self.height)),
        )
        half_w, half_h = self.width / 2, self.height / 2
        right = left + 0.5 - (self.x - half_w * cos + half_h * sin)  # of the crop's own corner
        down = top + 0.5 - (self.y - half_w * sin - half_h * cos)
        return np.array(
            [
                [step_x * cos, step_x * sin, (right * cos + down * sin) * step_x - 0.5],
                [-step_y * sin, step_y * cos, (down * cos - right * sin) * step_y - 0.5],
            ]
        )

    def to_crop(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Express points of the frame in the crop's own axes.

        Args:
            points: (N, 3) in pixels: right, down, depth.

        Returns:
            (N, 3) in shares: (0, 0) is the crop's upper left corner and (1, 1) its lower right one;
            depth is in shares of the width.
        """
        cos, sin = self._direction()
        x, y = points[:, 0] - self.x, points[:, 1] - self.y
        right, down = x * cos + y * sin, y * cos - x * sin
        shares = (right / self.width + 0.5, down / self.height + 0.5, points[:, 2] / self.width)
        return np.stack(shares, axis=1).astype(np.float32)

    def _direction(self) -> tuple[float, float]:
        """Cosine and sine of the roll; exactly 1 and 0 for a level crop."""
        angle = math.radians(self.roll)
        return math.cos(angle), math.sin(angle)


def _lines(low: float, high: float, size: int) -> slice:
    """Return the lines of a frame of `size` that a crop from `low` to `high` reads, at least one."""
    start = max(0, min(int(low) - EDGE, size - 1))
    return slice(start, max(start + 1, min(int(high) + EDGE + 1, size)))


def cut_face(source: Image | Picture, crop: Crop, size: int = IMAGE_SIZE) -> Image:
    """Cut a face out of a frame and resize it to a square; the aspect is not kept, as published.

    The cut is accurate to a fraction of a pixel, so a slowly moving crop does not make it jitter.
    Outside the frame the border is repeated. Shrinking averages, so nothing aliases. Only the part of
    the frame under the crop is read, so that the cost depends on the face's size.

    Args:
        source: the frame as it was decoded, or as BGR (H, W, 3) uint8.
        crop: where the face is.
        size: side of the result in pixels.

    Returns:
        (size, size, 3) uint8 BGR.
    """
    left, top, right, bottom = crop.extent()
    if isinstance(source, Picture):
        height, width = source.size
        rows, columns = _lines(top, bottom, height), _lines(left, right, width)
        part = source.bgr(rows, columns)
    else:
        rows, columns = _lines(top, bottom, len(source)), _lines(left, right, source.shape[1])
        part = source[rows, columns]
    shrink = max(1, math.ceil(max(crop.width, crop.height) / size))
    # Sample an exact multiple of `size`, then average down by that whole number.
    side = size * shrink
    to_part = crop.to_frame(side, side)
    to_part[:, 2] -= (columns.start, rows.start)
    sampled = cv2.warpAffine(
        part,
        to_part,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if shrink > 1:
        sampled = cv2.resize(sampled, (size, size), interpolation=cv2.INTER_AREA)
    return cast(Image, sampled)
