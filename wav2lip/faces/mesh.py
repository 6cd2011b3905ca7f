"""The face mesh: 468 points of one face in a crop.

Source: Kartynnik et al. 2019, *Real-time Facial Surface Geometry from Monocular Video on Mobile
GPUs*, and the model card of MediaPipe's face mesh.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.onnx_network import OnnxNetwork, sigmoid
from wav2lip.faces.sampling import sample_square
from wav2lip.media.picture import Picture
from wav2lip.regions import LEFT_EYE, RIGHT_EYE
from wav2lip.types import LANDMARKS, Box, Image

SIDE = 192  # px, input of the network
ROOM = 1.5  # side of the crop in longer sides of the face's box, as the network was trained
BOX_ROOM = 1.56  # the same for a box of the convention: in square roots of its area
BOX_DOWN = 0.04  # of a box's height; the mesh reaches further down than the box

Points = NDArray[np.float32]  # (468, 3) px: right, down, away from the camera


@dataclass(frozen=True)
class Region:
    """A square of the frame, turned with the head.

    Attributes:
        x: of its centre, in pixels of the frame.
        y: of its centre.
        side: in pixels.
        roll: angle in radians by which the head is turned in the image, clockwise as seen.
    """

    x: float
    y: float
    side: float
    roll: float

    @classmethod
    def of_eyes(cls, box: Box, right_eye: Box, left_eye: Box) -> "Region":
        """Make a region around a box (4,) of BlazeFace, level with the eyes (2,)."""
        roll = math.atan2(float(left_eye[1] - right_eye[1]), float(left_eye[0] - right_eye[0]))
        x, y = (box[:2] + box[2:4]) / 2
        return cls(float(x), float(y), ROOM * float((box[2:4] - box[:2]).max()), roll)

    @classmethod
    def of_box(cls, box: Box) -> "Region":
        """Make a level region around a box (4,) in the convention of `wav2lip.faces.boxes`."""
        width, height = (float(v) for v in box[2:4] - box[:2])
        x, y = (float(v) for v in (box[:2] + box[2:4]) / 2)
        return cls(x, y + BOX_DOWN * height, BOX_ROOM * math.sqrt(max(width * height, 1.0)), 0.0)

    @classmethod
    def of_points(cls, points: Points) -> "Region":
        """Make a region around the mesh (468, 3) of the same face in a frame nearby."""
        across = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
        roll = math.atan2(float(across[1]), float(across[0]))
        cos, sin = math.cos(roll), math.sin(roll)
        level = points[:, :2] @ np.array([[cos, -sin], [sin, cos]], np.float32)
        low, high = level.min(axis=0), level.max(axis=0)
        u, v = (float(c) for c in (low + high) / 2)
        return cls(u * cos - v * sin, u * sin + v * cos, ROOM * float((high - low).max()), roll)

    def to_frame(self, pixels: int) -> NDArray[np.float64]:
        """Return the affine map (2, 3) from a crop of that side in pixels to the frame."""
        scale = self.side / pixels
        cos, sin = scale * math.cos(self.roll), scale * math.sin(self.roll)
        middle = (pixels - 1) / 2  # pixel centres; a frame's pixel (0, 0) lies at (0.5, 0.5)
        return np.array(
            [
                [cos, -sin, self.x - 0.5 - middle * (cos - sin)],
                [sin, cos, self.y - 0.5 - middle * (sin + cos)],
            ]
        )


class FaceMesh:
    """Fit the mesh to the face in a region of a frame."""

    def __init__(self) -> None:
        self._network = OnnxNetwork("face_mesh")

    def __call__(self, source: Image | Picture, region: Region) -> tuple[Points, float]:
        """Fit the mesh.

        Args:
            source: the frame as it was decoded, or as BGR (H, W, 3) uint8.
            region: where the face is.

        Returns:
            points (468, 3) in pixels of the frame: right, down, and depth in the same unit, away
            from the camera, from the head's centre; and the probability that there is a face.
        """
        to_frame = region.to_frame(SIDE)
        points, presence = self.fit_crop(sample_square(source, to_frame, SIDE))
        # The network's pixel (0, 0) begins at 0; `to_frame` counts pixel centres.
        flat = (points[:, :2] - 0.5) @ to_frame[:, :2].T + to_frame[:, 2] + 0.5
        depth = points[:, 2:] * (region.side / SIDE)
        return np.concatenate([flat, depth], 1).astype(np.float32), presence

    def fit_crop(self, crop: Image) -> tuple[Points, float]:
        """Fit the mesh to a crop (SIDE, SIDE, 3) BGR; its points are in pixels of the crop."""
        batch = cv2.cvtColor(crop, cv2.COLOR_BGR2RGB)[None] * np.float32(1 / 255)
        points, logit = self._network.run(batch)
        return points.reshape(LANDMARKS, 3), float(sigmoid(logit).item())
