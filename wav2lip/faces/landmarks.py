"""The mesh of one face in one frame, and what is measured on it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.boxes import head_to_s3fd
from wav2lip.faces.head_pose import HeadPose, fit_pose, mean_face
from wav2lip.faces.mesh import Points
from wav2lip.regions import INNER_CORNERS, LEFT_EYE, LIP_GAPS, MOUTH_CORNERS, RIGHT_EYE
from wav2lip.types import Box


def _distance(points: Points, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(points[pair[0]] - points[pair[1]]))


@dataclass(frozen=True)
class Landmarks:
    """The mesh of one face in one frame.

    Distances are measured in three dimensions, so that a turned head does not change them.

    Attributes:
        points: (468, 3) float32 in pixels of the frame: right, down, and depth in the same unit,
            away from the camera. Depth is relative to the head.
        presence: probability in [0, 1] that there is a face.
    """

    points: Points
    presence: float = 1.0

    @cached_property
    def pose(self) -> HeadPose:
        """Yaw, pitch and roll in degrees; see `HeadPose`."""
        return fit_pose(self.points)

    @cached_property
    def box(self) -> Box:
        """The face's box (4,) in the convention of `wav2lip.faces.boxes`.

        It depends on the head's pose and size alone: an opening mouth does not change it.
        """
        return head_to_s3fd(self.pose.place(mean_face().vertices))

    @property
    def inter_ocular(self) -> float:
        """Distance between the outer eye corners in pixels."""
        return _distance(self.points, (RIGHT_EYE, LEFT_EYE))

    @property
    def lip_gap(self) -> float:
        """Distance between the inner edges of the lips in pixels, mean of three pairs of points."""
        return sum(_distance(self.points, pair) for pair in LIP_GAPS) / len(LIP_GAPS)

    @property
    def mar(self) -> float:
        """Mouth aspect ratio: `lip_gap` over the width of the inner mouth."""
        return self.lip_gap / max(_distance(self.points, INNER_CORNERS), 1e-6)

    @property
    def lip_opening(self) -> float:
        """`lip_gap` over `inter_ocular`."""
        return self.lip_gap / max(self.inter_ocular, 1e-6)

    @property
    def mouth_width(self) -> float:
        """Distance between the outer mouth corners over `inter_ocular`."""
        return _distance(self.points, MOUTH_CORNERS) / max(self.inter_ocular, 1e-6)

    def visible(self, size: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which points the camera can see.

        Hands and hair in front of the face are not recognised.

        Args:
            size: the frame's height and width in pixels.

        Returns:
            (468,) true for points inside the frame on a part of the surface that faces the camera.
        """
        corners = self.points[mean_face().triangles]
        ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        towards = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < 0
        faces_camera = np.zeros(len(self.points), np.bool_)
        faces_camera[mean_face().triangles[towards]] = True
        x, y = self.points[:, 0], self.points[:, 1]
        return faces_camera & (x >= 0) & (y >= 0) & (x < size[1]) & (y < size[0])

    def visibility(self, size: tuple[int, int]) -> float:
        """Return the share of points that the camera can see, in [0, 1]; see `visible`."""
        return float(self.visible(size).mean())
