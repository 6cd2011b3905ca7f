"""How a decoded picture is turned and mirrored for display."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from numpy.typing import NDArray

from wav2lip.types import Image


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to show a picture. It is transposed first, then mirrored.

    Attributes:
        transpose: swap rows and columns.
        mirror: swap left and right.
        flip: swap top and bottom.

    Examples:
        >>> import numpy as np
        >>> Orientation(transpose=True, mirror=True).apply(np.array([[1, 2], [3, 4]], np.uint8))
        array([[3, 1],
               [4, 2]], dtype=uint8)
    """

    transpose: bool = False
    mirror: bool = False
    flip: bool = False

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise, after mirroring if `mirrored`: 0, 90, 180 or 270."""
        if self.transpose:
            return 270 if self.mirror else 90
        return 180 if self.flip else 0

    @property
    def mirrored(self) -> bool:
        """Whether left and right are swapped before the rotation."""
        return self.transpose ^ self.mirror ^ self.flip

    def apply(self, plane: Image) -> Image:
        """Turn a plane (H, W) or an image (H, W, C)."""
        turned: Any = cv2.transpose(plane) if self.transpose else plane
        if self.mirror or self.flip:
            turned = cv2.flip(turned, -1 if self.mirror and self.flip else int(self.mirror))
        return np.asarray(turned, np.uint8)

    def then(self, other: "Orientation") -> "Orientation":
        """Combine with an orientation that is applied to the result of this one."""
        mirror, flip = (self.flip, self.mirror) if other.transpose else (self.mirror, self.flip)
        return Orientation(
            self.transpose ^ other.transpose, mirror ^ other.mirror, flip ^ other.flip
        )


UPRIGHT = Orientation()
QUARTERS = (  # counter-clockwise by 0, 90, 180 and 270 degrees
    UPRIGHT,
    Orientation(transpose=True, flip=True),
    Orientation(mirror=True, flip=True),
    Orientation(transpose=True, mirror=True),
)


def from_matrix(matrix: NDArray[np.int32]) -> Orientation:
    """Orientation of a display matrix (9,), ISO/IEC 14496-12, section 6.2.2, to the nearest right angle."""
    a, b, _, c, d = (int(value) for value in matrix[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(mirror=a < 0, flip=d < 0)
    return Orientation(transpose=True, mirror=c < 0, flip=b < 0)


def orientation_of(frame: Any) -> Orientation:
    """Orientation of a decoded `av` frame, by its display matrix."""
    # PyAV's side data and their frame refer to each other until the garbage collector runs. A frame of the
    # decoder would keep the decoder's whole pool of buffers, so a tiny copy is asked.
    small = frame.reformat(width=16, height=16, format="gray")
    data = small.side_data.get(Type.DISPLAYMATRIX)
    if data is None or len(bytes(data)) < 36:
        return UPRIGHT
    return from_matrix(np.frombuffer(bytes(data), "<i4", 9))
