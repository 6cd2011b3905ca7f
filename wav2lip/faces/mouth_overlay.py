"""What covers a part of a frame at a moved mouth, and where it lies."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.mouth_patch import MouthPatch


@dataclass(frozen=True)
class MouthOverlay:
    """A part of a patch, to be laid over a frame.

    Attributes:
        image: (h, w, 4) BGR in codes times its opacity, and the opacity; empty if nothing is covered.
        top: its first row in the enlarged patch.
        left: its first column.
        times: scale of the patch.
    """

    image: NDArray[np.float32]
    top: int
    left: int
    times: int

    def place(
        self, patch: MouthPatch, rows: slice, columns: slice
    ) -> tuple[slice, slice, NDArray[np.float32]]:
        """Lay the overlay over a part of a frame.

        Args:
            patch: where the mouth lies in the frame.
            rows: h rows of the frame.
            columns: w columns of the frame.

        Returns:
            Rows and columns of that part that the overlay may cover, and what covers them (h', w', 4).
        """
        to_part = patch.scaled(self.times)
        to_part[:, 2] += to_part[:, :2] @ (self.left, self.top) - (columns.start, rows.start)
        height, width = self.image.shape[:2]
        corners = np.array([(x, y) for x in (-1, width) for y in (-1, height)])
        placed = corners @ to_part[:, :2].T + to_part[:, 2]
        limit = (columns.stop - columns.start, rows.stop - rows.start)
        left, top = np.clip(np.floor(placed.min(axis=0)).astype(int), 0, limit).tolist()
        right, bottom = np.clip(np.ceil(placed.max(axis=0)).astype(int) + 1, 0, limit).tolist()
        if not self.image.size or left >= right or top >= bottom:
            return slice(0, 0), slice(0, 0), np.zeros((0, 0, 4), np.float32)
        to_part[:, 2] -= (left, top)
        size = (right - left, bottom - top)
        covering = cv2.warpAffine(self.image, to_part, size, flags=cv2.INTER_LINEAR)
        return slice(top, bottom), slice(left, right), np.asarray(covering, np.float32)
