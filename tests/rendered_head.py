"""A head with the face of the sample portrait, rendered with a known pose and a known opening of the mouth."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from wav2lip.faces.detectors.blazeface import BlazeFaceDetector
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmark_tracking import find_landmarks
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh import FaceMesh
from wav2lip.media.video import read_image

PORTRAIT = Path(__file__).resolve().parents[1] / "data" / "astronaut.jpg"
SIZE, SCALE = 480, 95.0  # px: side of the picture; distance of the outer eye corners
GREY, HAIR, SKIN, MOUTH = (120, 125, 118), (40, 60, 90), (140, 165, 205), (30, 20, 45)
LIGHT = np.array([-0.3, -0.5, -0.8]) / np.linalg.norm([-0.3, -0.5, -0.8])
RING = 24  # corners of a round part
# Inner edges of the lips, and the points of the lower lip.
UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER = (324, 318, 402, 317, 14, 87, 178, 88, 95)
LOWER_LIP = (
    *(*LOWER, 146, 91, 181, 84, 17, 314, 405, 321, 375, 96, 89, 179, 86, 15, 316, 403, 319, 325),
    *(77, 90, 180, 85, 16, 315, 404, 320, 307, 62, 292, 76, 306),
)


def round_part(profile):
    """Quads of a surface of revolution, from rings of (centre, radius x, radius z)."""
    angles = np.linspace(0, 2 * np.pi, RING, endpoint=False)
    rings = [
        np.stack([np.cos(angles) * rx, 0 * angles, np.sin(angles) * rz], axis=1) + centre
        for centre, rx, rz in profile
    ]
    quads = []
    for upper, lower in pairwise(rings):
        for i in range(RING):
            j = (i + 1) % RING
            quads.append([upper[i], upper[j], lower[j], lower[i]])
    return np.array(quads, np.float32)


def skull():
    steps = np.linspace(0.02, np.pi - 0.02, RING // 2)
    return round_part(
        [((0, -0.18 - 1.12 * np.cos(s), 0.95), 0.93 * np.sin(s), np.sin(s)) for s in steps]
    )


def neck():
    return round_part([((0, 0.7, 0.95), 0.55, 0.55), ((0, 2.6, 1.1), 0.55, 0.55)])


class RenderedHead:
    """The portrait's face on a round head with hair and neck."""

    def __init__(self) -> None:
        self.image = cv2.resize(read_image(PORTRAIT)[:260, 90:370], None, fx=2, fy=2)
        mesh = FaceMesh()
        box = BlazeFaceDetector().detect(self.image)[0, :4]
        found = find_landmarks(self.image, box, mesh)
        self.points = found.points
        self.face = found.pose.face_on(found.points)  # (468, 3) in units of the eyes' distance

    def with_mouth(self, gap):
        """The face with that distance between the lips, in units of the eyes' distance."""
        face = self.face.copy()
        middle, half = face[[78, 308], 0].mean(), np.ptp(face[[78, 308], 0]) / 2
        share = np.clip(1 - np.abs(face[:, 0] - middle) / (1.02 * half), 0, 1) ** 0.3
        moved = np.where(face[:, 1] > face[14, 1] + 0.005, share, 0)
        moved[list(LOWER_LIP)] = share[list(LOWER_LIP)]
        moved[list(UPPER)] = 0
        now = np.mean([face[b, 1] - face[a, 1] for a, b in ((13, 14), (82, 87), (312, 317))])
        face[:, 1] += (gap - now) * moved
        return face

    def render(self, pose, face=None):
        """Picture (SIZE, SIZE, 3) and the true landmarks."""
        face = self.face if face is None else face
        points = pose.place(face)
        shapes = []
        for quads, colour in ((skull(), HAIR), (neck(), SKIN)):
            placed = pose.place(quads.reshape(-1, 3)).reshape(quads.shape)
            normals = np.cross(placed[:, 2] - placed[:, 0], placed[:, 3] - placed[:, 1])
            normals /= np.linalg.norm(normals, axis=1, keepdims=True)
            outward = np.sign(((placed.mean(1) - placed.mean((0, 1))) * normals).sum(1))
            normals *= outward[:, None]
            for quad, normal in zip(placed, normals, strict=True):
                if normal[2] < 0:
                    shade = 0.45 + 0.55 * max(0.0, float(normal @ LIGHT))
                    shapes.append((quad[:, 2].mean(), quad, shade * np.array(colour)))
        picture = np.full((SIZE, SIZE, 3), GREY, np.uint8)
        for _, quad, colour in sorted(shapes, key=lambda shape: -shape[0]):
            corners = np.round(quad[:, :2] * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, corners, colour.tolist(), cv2.LINE_AA, 4)
        inside = np.round(points[[*UPPER, *LOWER], :2] * 16).astype(np.int32)
        cv2.fillPoly(picture, [inside], MOUTH, cv2.LINE_AA, 4)
        triangles = mean_face().triangles
        for corners in triangles[np.argsort(-points[triangles, 2].mean(1))]:
            self._paint(picture, self.points[corners, :2], points[corners, :2])
        return picture, Landmarks(points)

    def _paint(self, picture, source, target):
        (ax, ay), (bx, by) = target[1] - target[0], target[2] - target[0]
        if ax * by - ay * bx >= 0:
            return  # faces away from the camera
        low, high = np.floor(target.min(0)).astype(int), np.ceil(target.max(0)).astype(int) + 1
        place = np.ascontiguousarray(target - low, np.float32)
        warp = cv2.getAffineTransform(np.ascontiguousarray(source, np.float32), place)
        size = tuple((high - low).tolist())
        patch = cv2.warpAffine(self.image, warp, size, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros(size[::-1], np.uint8)
        cv2.fillConvexPoly(mask, np.round(place * 16).astype(np.int32), 1, cv2.LINE_8, 4)
        picture[low[1] : high[1], low[0] : high[0]][mask > 0] = patch[mask > 0]


def head_pose(yaw=0.0, pitch=0.0, roll=0.0):
    return HeadPose(yaw, pitch, roll, SCALE, (SIZE / 2, 0.45 * SIZE, 0.0))
