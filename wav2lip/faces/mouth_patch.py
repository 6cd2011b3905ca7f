"""The mouth in the axes of the head: a small picture in which the upper teeth stay in one place."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import HeadPose
from wav2lip.faces.mesh import Points
from wav2lip.regions import INNER_LIPS
from wav2lip.types import Image

# Of the patch in the mean face, in distances between the outer eye corners.
# Heights are measured from the person's own mouth corners.
LEFT, RIGHT, TOP, BOTTOM = -0.4, 0.4, -0.19, 0.41
DEPTH = -0.2  # of the lips
ROWS, COLUMNS = 72, 96  # px
FINE = 4  # times as large polygons are drawn
SHIFT = 4  # bits of a pixel's fraction in which polygons are drawn

Affine = NDArray[np.float64]  # (2, 3)


@dataclass(frozen=True)
class MouthPatch:
    """A parallelogram of the frame that follows the head.

    Attributes:
        to_frame: (2, 3) from pixels of the patch at scale 1 to pixels of the frame; centres of the first
            pixels lie at (0, 0).
    """

    to_frame: Affine

    @classmethod
    def of_pose(cls, pose: HeadPose, height: float) -> "MouthPatch":
        """Place the patch on a head.

        Args:
            pose: of the head.
            height: of the person's closed mouth in the axes of the mean face.
        """
        axes = pose.scale * pose.rotation()
        step_x, step_y = (RIGHT - LEFT) / COLUMNS, (BOTTOM - TOP) / ROWS
        first = np.array([LEFT + step_x / 2, height + TOP + step_y / 2, DEPTH])
        corner = axes @ first + np.array(pose.origin) - 0.5
        return cls(np.stack([axes[:2, 0] * step_x, axes[:2, 1] * step_y, corner[:2]], axis=1))

    def scaled(self, times: float) -> Affine:
        """Return the map from pixels of a patch of `times` the size."""
        scaled = self.to_frame.copy()
        scaled[:, :2] /= times
        scaled[:, 2] += self.to_frame[:, :2] @ np.full(2, (1 / times - 1) / 2)
        return scaled

    def extent(self, size: tuple[int, int], room: float = 0.0) -> tuple[slice, slice]:
        """Return the rows and columns of a frame that the patch covers, at least one pixel.

        Args:
            size: height and width of the frame.
            room: share of the patch's height that is added above and below.
        """
        corners = np.array(
            [(x, y) for x in (-0.5, COLUMNS - 0.5) for y in (-room * ROWS, (1 + room) * ROWS)]
        )
        placed = corners @ self.to_frame[:, :2].T + self.to_frame[:, 2]
        low, high = np.floor(placed.min(axis=0)).astype(int) - 1, np.ceil(placed.max(axis=0)) + 2
        left, top = np.clip(low, 0, (size[1] - 1, size[0] - 1)).tolist()
        right, bottom = np.clip(high.astype(int), (left + 1, top + 1), (size[1], size[0])).tolist()
        return slice(top, bottom), slice(left, right)

    def cut(
        self, image: Image, times: int = 1, down: float = 0.0, top: int = 0, left: int = 0
    ) -> Image:
        """Cut the patch out of a frame.

        Args:
            image: (H, W, C) uint8, the frame or a part of it.
            times: scale of the patch.
            down: pixels of the patch at scale 1 by which its content is moved down.
            top: row of the frame at which `image` begins.
            left: column.

        Returns:
            (72 * times, 96 * times, C) uint8.
        """
        to_frame = self.scaled(times)
        to_frame[:, 2] -= to_frame[:, 1] * down * times + (left, top)
        return np.asarray(
            cv2.warpAffine(
                image,
                to_frame,
                (COLUMNS * times, ROWS * times),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )

    def points(self, points: Points) -> NDArray[np.float32]:
        """Express points of the frame (N, 3) in pixels of the patch at scale 1: (N, 2)."""
        inverse = cv2.invertAffineTransform(self.to_frame)
        return np.asarray((points[:, :2] - 0.5) @ inverse[:, :2].T + inverse[:, 2], np.float32)


def inner_mouth(points: NDArray[np.float32], thickness: int = 0) -> NDArray[np.float32]:
    """Draw the opening between the lips.

    Args:
        points: (468, 2) in pixels of the patch.
        thickness: pixels of a line along the edge; 0: none.

    Returns:
        (72, 96) coverage in [0, 1].
    """
    # OpenCV fills a polygon with its border, which would make closed lips two pixels thick.
    mask = np.zeros((ROWS, COLUMNS), np.float32)
    outline = points[list(INNER_LIPS)]
    room = 2 + thickness
    low, high = np.floor(outline.min(axis=0)).astype(int) - room, outline.max(axis=0) + room + 1
    left, top = np.clip(low, 0, (COLUMNS, ROWS)).tolist()
    right, bottom = np.clip(np.ceil(high).astype(int), 0, (COLUMNS, ROWS)).tolist()
    if left >= right or top >= bottom:
        return mask
    drawn = np.zeros(((bottom - top) * FINE, (right - left) * FINE), np.uint8)
    fixed = np.rint(((outline - (left, top) + 0.5) * FINE - 0.5) * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(drawn, [fixed], 255, cv2.LINE_8, SHIFT)
    if thickness:
        cv2.polylines(drawn, [fixed], True, 255, thickness * FINE, cv2.LINE_8, SHIFT)
    small = cv2.resize(drawn, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    mask[top:bottom, left:right] = small / np.float32(255)
    return mask
