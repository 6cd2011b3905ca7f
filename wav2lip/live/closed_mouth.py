"""The frames of a source with the mouth closed: what is shown while nobody speaks."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.person import Person
from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.mesh_faces import MeshFaces, paste_faces
from wav2lip.media.picture import Picture
from wav2lip.types import Image


def _extent(changed: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first changed line and the one after the last; (0, 0) if there is none."""
    lines = np.flatnonzero(changed)
    return (int(lines[0]), int(lines[-1]) + 1) if len(lines) else (0, 0)


@dataclass(frozen=True, eq=False)
class ClosedMouth:
    """The rectangle of a frame that changes where its mouths are closed.

    Attributes:
        top: first line of the chroma planes; twice that of the luma plane.
        left: first column of them.
        luma: (h, w), the changed samples.
        blue: (ceil(h / 2), ceil(w / 2)).
        red: (ceil(h / 2), ceil(w / 2)).
    """

    top: int
    left: int
    luma: Image
    blue: Image
    red: Image

    @classmethod
    def of(cls, frame: TrackedFrame, people: dict[int, Person], faces: MeshFaces) -> Self:
        """Close the mouths of a frame.

        Args:
            frame: of the source.
            people: by track.
            faces: renders them.
        """
        motionless = np.zeros((1, len(faces.space.basis)), np.float32)
        (rendered,) = faces.render([frame], motionless, [people])
        source, closed = frame.frame.picture, paste_faces(*rendered)
        changed = (source.blue != closed.blue) | (source.red != closed.red)
        height, width = source.size
        luma = np.pad(source.luma != closed.luma, ((0, height % 2), (0, width % 2)))
        changed |= luma.reshape(changed.shape[0], 2, changed.shape[1], 2).any(axis=(1, 3))
        (top, bottom), (left, right) = _extent(changed.any(axis=1)), _extent(changed.any(axis=0))
        part = slice(top, bottom), slice(left, right)
        pixels = slice(2 * top, 2 * bottom), slice(2 * left, 2 * right)
        return cls(
            top, left, closed.luma[pixels].copy(), closed.blue[part].copy(), closed.red[part].copy()
        )

    def paste(self, picture: Picture) -> Picture:
        """Return the frame with its mouths closed.

        Args:
            picture: the frame as it is.
        """
        luma, blue, red = (plane.copy() for plane in (picture.luma, picture.blue, picture.red))
        for plane, part, unit in ((luma, self.luma, 2), (blue, self.blue, 1), (red, self.red, 1)):
            top, left = unit * self.top, unit * self.left
            plane[top : top + part.shape[0], left : left + part.shape[1]] = part
        return Picture(luma, blue, red, picture.colours)
