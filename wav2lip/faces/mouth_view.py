"""One picture of a person's mouth, ready to be shown in another frame of the same person."""

from dataclasses import dataclass, field
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import Points
from wav2lip.faces.mouth_patch import BOTTOM, ROWS, TOP, MouthPatch, inner_mouth
from wav2lip.media.picture import Picture
from wav2lip.regions import CHIN
from wav2lip.types import Image

ROOM = 0.4  # of the patch, above and below, by which a jaw may move its content
FULL_AREA = 250.0  # px² of the patch; a larger opening does not make teeth more visible
SKIN_SHARE = 0.5  # of the patch's mean luma; an inside that is darker shows no teeth

Mask = NDArray[np.float32]  # (72, 96)


def jaw_height(face_on: Points) -> float:
    """Return the height of the chin in pixels of a patch; the lower teeth move with it.

    Args:
        face_on: (468, 3) the mesh seen from the front.
    """
    return float(face_on[CHIN, 1]) * ROWS / (BOTTOM - TOP)


@dataclass(frozen=True)
class MouthView:
    """One picture of a person's mouth.

    Attributes:
        patch: where the mouth lies in the frame.
        image: (h, w, 3) BGR, the part of the frame that holds the patch.
        top: row of the frame at which `image` begins.
        left: column of the frame.
        points: (468, 2) the mesh in pixels of the patch.
        jaw: see `jaw_height`.
    """

    patch: MouthPatch
    image: Image
    top: int
    left: int
    points: NDArray[np.float32]
    jaw: float
    # What `cut` found for each scale without a shift: an exemplar shows it in every frame.
    _upright: dict[int, tuple[Image, Mask]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, source: Image | Picture, landmarks: Landmarks, height: float) -> Self:
        """Look at the mouth of a face.

        Args:
            source: the frame; only the part around the mouth is converted and kept.
            landmarks: of the face.
            height: of the person's mouth, see `MouthPatch`.
        """
        patch = MouthPatch.of_pose(landmarks.pose, height)
        size = source.size if isinstance(source, Picture) else source.shape[:2]
        rows, columns = patch.extent(size, ROOM)
        part = source.bgr(rows, columns) if isinstance(source, Picture) else source[rows, columns]
        jaw = jaw_height(landmarks.pose.face_on(landmarks.points))
        points = patch.points(landmarks.points)
        return cls(patch, part, rows.start, columns.start, points, jaw)

    def cut(self, times: int = 1, down: float = 0.0) -> tuple[Image, Mask]:
        """Cut out the patch.

        Args:
            times: scale of the picture.
            down: pixels of the patch by which its content is moved down.

        Returns:
            The picture (72 * times, 96 * times, 3), and the opening between its lips (72, 96).
        """
        if not down and times in self._upright:
            return self._upright[times]
        opening = inner_mouth(self.points + np.array([0, down], np.float32))
        found = self.patch.cut(self.image, times, down, self.top, self.left), opening
        if not down:
            self._upright[times] = found
        return found

    @property
    def teeth(self) -> float:
        """How bright the inside of the mouth is against the skin, in codes; a closed mouth has 0."""
        picture, opening = self.cut()
        luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        area = float(opening.sum())
        brightness = float((luma * opening).sum()) / max(area, 1) - SKIN_SHARE * float(luma.mean())
        return brightness * min(1, area / FULL_AREA)
