"""Which pixels of a frame the generated lower face replaces, and how much."""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.crops import Crop
from wav2lip.faces.landmarks import Landmarks

# Numbers of points along the lower oval, from the person's right ear to the left one.
JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
# The upper border, back again: cheeks, sides of the nose, and its tip.
UPPER = (280, 266, 358, 4, 129, 36, 50)

LIPS = (61, 40, 0, 270, 291, 321, 17, 91)  # around the outer edge

# In distances between the outer eye corners.
CHIN_ROOM = (
    0.15  # from the mesh to the mask's outline below the chin: a generated jaw may open wider
)
JAW_TOP, JAW_END = 0.5, 1.1  # height of the nose's base and near the chin, below the eyes
LIPS_ROOM = 1.25  # times the lips' size; so much is replaced even where the head's outline is near
SOFT = 0.05  # standard deviation of the soft edge

HIDDEN_ROOM = 0.1  # around a covered point, in which the source stays

GRID = 96  # px, side of the image of the crop in which the mask is computed
SHIFT = 4  # bits of a pixel's fraction in which polygons are drawn

Outline = NDArray[np.float32]  # (34, 2) px of the frame: right, down; the first 26 are a polygon


@dataclass(frozen=True)
class FaceMask:
    """The part of a face that is replaced by the generated one.

    Attributes:
        outline: (34, 2) in pixels of the frame; see `lower_face_outline`. None: the shape is fixed.
        unit: distance between the outer eye corners in pixels.
        weight: of the generated face in [0, 1]; 0: the source is left as it is.
        turned: whether the head is turned too far.
        hidden: (N, 2) points in pixels of the frame that something covers; the source stays there.
        covered: whether something covers the mouth.
    """

    outline: Outline | None = None
    unit: float = 0.0
    weight: float = 1.0
    turned: bool = False
    hidden: NDArray[np.float32] | None = None
    covered: bool = False

    @property
    def occluded(self) -> bool:
        """Whether something covers the mouth or a part of the lower face."""
        return self.covered or self.hidden is not None

    @classmethod
    def of(cls, landmarks: Landmarks) -> "FaceMask":
        """Make the mask of a face."""
        return cls(lower_face_outline(landmarks), landmarks.pose.scale)

    def coverage(self, crop: Crop, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Compute the mask of the mesh; it does not include `weight`.

        Args:
            crop: where the face was cut out.
            rows: h rows of the frame.
            columns: w columns of the frame.

        Returns:
            (h, w) in [0, 1]. The edge is soft. 1 without an outline.
        """
        size = (columns.stop - columns.start, rows.stop - rows.start)
        if self.outline is None:
            return np.ones(size[::-1], np.float32)
        from_frame = crop.from_frame(GRID, GRID)
        points = (self.outline - 0.5) @ from_frame[:, :2].T + from_frame[:, 2]
        drawn = np.zeros((GRID, GRID), np.float32)
        polygon, lips = np.split(points.astype(np.float32), [len(JAW) + len(UPPER)])
        # The polygon of a turned head may cross itself, and its lips are near the outline.
        hull = cv2.convexHull(np.concatenate([polygon[: len(JAW)], lips]))[:, 0]
        for area in (polygon, hull):
            fixed = np.rint(area * (1 << SHIFT)).astype(np.int32)
            cv2.fillPoly(drawn, [fixed], 1.0, cv2.LINE_8, SHIFT)
        if self.hidden is not None:
            radius = HIDDEN_ROOM * self.unit * GRID / math.sqrt(crop.width * crop.height)
            centres = (self.hidden - 0.5) @ from_frame[:, :2].T + from_frame[:, 2]
            for x, y in np.rint(centres * (1 << SHIFT)).astype(int):
                circle = (int(x), int(y)), round(radius * (1 << SHIFT))
                cv2.circle(drawn, *circle, 0.0, cv2.FILLED, cv2.LINE_8, SHIFT)
        sigma = SOFT * self.unit * GRID
        soft = cv2.GaussianBlur(drawn, (0, 0), sigma / crop.width, sigmaY=sigma / crop.height)
        to_part = crop.from_frame(GRID, GRID, columns.start, rows.start)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cast(
            NDArray[np.float32],
            cv2.warpAffine(soft, to_part, size, flags=flags, borderMode=cv2.BORDER_REPLICATE),
        )

    def uncovered(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Compute how much of a part of the frame nothing covers: (h, w) in [0, 1], with a soft edge."""
        free = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.float32)
        if self.hidden is None:
            return free
        radius = round(HIDDEN_ROOM * self.unit * (1 << SHIFT))
        centres = self.hidden - 0.5 - (columns.start, rows.start)
        for x, y in np.rint(centres * (1 << SHIFT)).astype(int).tolist():
            cv2.circle(free, (x, y), radius, 0.0, cv2.FILLED, cv2.LINE_8, SHIFT)
        return cast(NDArray[np.float32], cv2.GaussianBlur(free, (0, 0), SOFT * self.unit))


def lower_face_outline(landmarks: Landmarks) -> Outline:
    """Outline the lower face: jaw line, cheeks, and around the nose.

    The chin is moved down the face, as the head is turned.

    Args:
        landmarks: of the face.

    Returns:
        (34, 2) in pixels of the frame: `JAW` and `UPPER`, which are a polygon, and `LIPS`.
    """
    pose = landmarks.pose
    jaw = pose.face_on(landmarks.points[list(JAW)])
    low = np.clip((jaw[:, 1] - JAW_TOP) / (JAW_END - JAW_TOP), 0, 1)
    jaw[:, 1] += CHIN_ROOM * low * low * (3 - 2 * low)
    upper, lips = landmarks.points[list(UPPER), :2], landmarks.points[list(LIPS), :2]
    lips = lips.mean(axis=0) + LIPS_ROOM * (lips - lips.mean(axis=0))
    outline = np.concatenate([pose.place(jaw)[:, :2], upper, lips])
    return outline.astype(np.float32)
