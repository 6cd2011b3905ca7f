"""Head pose: the mean face, fitted rigidly to the points of the mesh that speech does not move."""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.bundled import ASSETS
from wav2lip.faces.mesh import Points
from wav2lip.utils.arrays import read_arrays

UNIT_MM = 90  # mm between the outer eye corners: Farkas 1994, Anthropometry of the head and face


@dataclass(frozen=True)
class MeanFace:
    """The mean of the mesh over the speakers of 305 clips, made symmetric.

    The unit is the distance between the outer eye corners, the origin lies in their middle, and the
    axes are those of a frame: right, down, away from the camera. The median speaker has no pitch.

    Attributes:
        vertices: (468, 3) float32.
        triangles: (852, 3) indices; seen from the camera their corners run counter-clockwise. Eyes and
            mouth are holes.
        mirror: (468,) index of the same point on the other side of the face.
        rigid: indices of the points around nose bridge, eyes and temples. Within a clip they move
            by less than 0.03 per unit of mouth aspect ratio, against 0.24 at the chin.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint16]
    mirror: NDArray[np.uint16]
    rigid: NDArray[np.uint16]


@cache
def mean_face() -> MeanFace:
    """Load the mean face. Its arrays must not be changed."""
    return MeanFace(
        *read_arrays(ASSETS / "face_mesh.npz", "vertices", "triangles", "mirror", "rigid")
    )


@dataclass(frozen=True)
class HeadPose:
    """Place, size and direction of a head.

    All angles are zero for a head that faces the camera. A head with angles was turned by pitch
    first, then yaw, then roll, about axes of the image through the head; thus turning the image
    changes roll alone.

    Attributes:
        yaw: degrees; positive if the face looks to the right of the image (the person's left).
        pitch: degrees; positive if it looks up.
        roll: degrees; positive if it is tilted clockwise as seen in the image.
        scale: distance between the outer eye corners in pixels, as if seen from the front.
        origin: (3,) middle of the outer eye corners in pixels, of the fitted mean face.
    """

    yaw: float
    pitch: float
    roll: float
    scale: float
    origin: tuple[float, float, float]

    def rotation(self) -> NDArray[np.float64]:
        """Return the rotation matrix (3, 3) from the mean face to the head. It must not be changed."""
        return self._rotation

    @cached_property
    def _rotation(self) -> NDArray[np.float64]:
        x, y, z = (math.radians(angle) for angle in (-self.pitch, -self.yaw, self.roll))
        about_x = [[1, 0, 0], [0, math.cos(x), -math.sin(x)], [0, math.sin(x), math.cos(x)]]
        about_y = [[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]]
        about_z = [[math.cos(z), -math.sin(z), 0], [math.sin(z), math.cos(z), 0], [0, 0, 1]]
        rotation: NDArray[np.float64] = np.array(about_z) @ np.array(about_y) @ np.array(about_x)
        return rotation

    def place(self, vertices: NDArray[np.float32]) -> Points:
        """Place points of the mean face (N, 3) on the head: (N, 3) in pixels."""
        placed = self.scale * vertices @ self.rotation().T + np.array(self.origin)
        return np.asarray(placed, np.float32)

    def face_on(self, points: Points) -> Points:
        """Invert `place`: (N, 3) in pixels to the axes and unit of the mean face."""
        fronted = (points - np.array(self.origin)) @ self.rotation() / self.scale
        return np.asarray(fronted, np.float32)


def fit_pose(points: Points) -> HeadPose:
    """Fit the mean face to a mesh by similarity, over its rigid points.

    Source: Umeyama 1991, *Least-squares estimation of transformation parameters between two point
    patterns*.

    Args:
        points: (468, 3) in pixels.

    Returns:
        The pose. Expression and speech change it by a fraction of a degree.
    """
    face = mean_face()
    source = face.vertices[face.rigid].astype(np.float64)
    target = points[face.rigid].astype(np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source, target = source - source_mean, target - target_mean
    u, strengths, v = np.linalg.svd(target.T @ source)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    rotation = u * signs @ v
    scale = float(strengths @ signs / (source**2).sum())
    x, y, z = target_mean - scale * rotation @ source_mean
    return HeadPose(
        yaw=math.degrees(math.asin(min(1.0, max(-1.0, float(rotation[2, 0]))))),
        pitch=-math.degrees(math.atan2(rotation[2, 1], rotation[2, 2])),
        roll=math.degrees(math.atan2(rotation[1, 0], rotation[0, 0])),
        scale=scale,
        origin=(float(x), float(y), float(z)),
    )
