"""Find what covers the lower face: hands, microphones, hair.

The colours at the points of the mesh are compared with what they were in the frames before. Speech,
light and a turning head change them by a known measure; what covers the face changes them by more.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import JAW
from wav2lip.faces.head_pose import HeadPose, mean_face
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.sampling import sample_part
from wav2lip.media.picture import Picture
from wav2lip.types import Image

SIDE = 96  # px, the face is looked at in this size
BLUR = 1.8  # px of it, standard deviation
MARGIN = 0.1  # of the face's box, on every side
# Points on and near the inner edge of the lips: teeth and tongue come and go there.
INNER_LIPS = (
    *(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
    *(62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292, 325, 319, 403, 316, 15, 86, 179, 89, 96),
)

# By how much luma and chroma differ from their usual values while people speak: 90th percentiles over
# 40 clips, in codes of 8 bits.
USUAL = {"lips": (12.0, 2.7), "upper lip": (7.5, 1.7), "chin": (10.0, 2.4), "other": (10.0, 3.2)}
# A mouth that opens wide and a mesh that lags behind show at a point what is usual beside it. So a point is compared
# with the nearest ones up to this distance, in distances between the eyes, too.
BESIDE, NEAREST = 0.08, 12
PER_TURN = 1 / 15  # a head that has turned by so many degrees shows twice the usual differences
MAX_YAW = 45.0  # degrees; nothing is found on a head that is turned further
MAX_SCORE = 4.0
HIDDEN = 3.0  # a point with a higher score, its neighbours included, is covered
STILL_HIDDEN = 2.8  # the same for a point that was covered in the frame before
COVERED = 1.4  # the same for the mean over the mouth; then all of it is covered
MIN_SHARE = 0.1  # of the lower face; fewer covered points are noise
MOST = 0.5  # of the mouth; if more points are covered, all of it is
LEARN = 0.06  # of a difference that becomes usual with every frame
START = 12  # frames whose mean is usual at first
UNLIKE = 0.3  # times that for every point of a score above 1: what covers a face is learned slowly
LIGHT = (0.6, 1.6)  # range of the factor on luma that counts as a change of light

Flags = NDArray[np.bool_]  # (468,)
Colours = NDArray[np.float32]  # (468, 3): luma and two chroma codes


@dataclass(frozen=True)
class _Parts:
    """Points of the mesh by their place in the mean face.

    Attributes:
        upper: forehead, eyes and nose bridge, by which a change of light is measured.
        lower: the points that are judged.
        mouth: those in the middle.
        usual: (468, 2) usual difference in luma and chroma.
        near: (468, 468) mean over a point and its neighbours.
        beside: (468, 12) the points with which each one is compared; itself, where there are fewer.
    """

    upper: Flags
    lower: Flags
    mouth: Flags
    usual: NDArray[np.float32]
    near: NDArray[np.float32]
    beside: NDArray[np.intp]


@cache
def _parts() -> _Parts:
    face = mean_face()
    x, y = np.abs(face.vertices[:, 0]), face.vertices[:, 1]
    lower = y > 0.45
    lower[[*INNER_LIPS, *JAW]] = False  # what is behind the jaw comes and goes, too
    lips = (x / 0.31) ** 2 + ((y - 0.79) / 0.15) ** 2 <= 1
    usual = np.tile(np.array(USUAL["other"], np.float32), (len(y), 1))
    usual[(x < 0.25) & (y > 0.95)] = USUAL["chin"]
    usual[(x < 0.35) & (y < 0.72)] = USUAL["upper lip"]
    usual[lips] = USUAL["lips"]
    near = np.eye(len(y), dtype=np.float32)
    for a, b, c in face.triangles.astype(int):
        near[[a, a, b, b, c, c], [b, c, a, c, a, b]] = 1
    near[:, ~lower] = 0
    near /= np.maximum(near.sum(axis=1, keepdims=True), 1)
    upper = (y > -0.35) & (y < 0.3) & (x < 0.6)
    apart = np.linalg.norm(face.vertices[:, None] - face.vertices, axis=-1)
    beside = np.argsort(apart, axis=1, kind="stable")[:, :NEAREST]
    far = np.take_along_axis(apart, beside, axis=1) > BESIDE
    beside = np.where(far, np.arange(len(y))[:, None], beside)
    return _Parts(upper, lower, lower & (x < 0.4) & (y < 1.2), usual, near, beside)


def point_colours(source: Image | Picture, landmarks: Landmarks) -> Colours:
    """Return the smoothed colours at the points of a mesh.

    Args:
        source: the frame.
        landmarks: of the face.

    Returns:
        (468, 3) luma and chroma codes.
    """
    crop = Crop.of_box(landmarks.box).widened(MARGIN)
    across, down = crop.width / SIDE, crop.height / SIDE
    part, to_part = sample_part(source, crop.extent(), math.sqrt(across * down))
    sigma = BLUR * to_part[0, 0]  # in pixels of the part
    smooth = cv2.GaussianBlur(
        cv2.cvtColor(part, cv2.COLOR_BGR2YCrCb), (0, 0), sigma * across, sigmaY=sigma * down
    ).astype(np.float32)
    x, y = ((landmarks.points[:, :2] - 0.5) @ to_part[:, :2].T + to_part[:, 2]).T.astype(np.float32)
    sampled = cv2.remap(smooth, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled[0], np.float32)


def _unlike(colours: Colours, usual: Colours) -> NDArray[np.float32]:
    """Return by how many usual differences each point differs from what is usual at it, or beside it: (468,)."""
    parts = _parts()
    luma, red, blue = np.moveaxis(colours[:, None] - usual[parts.beside], -1, 0)
    by_luma, by_chroma = parts.usual.T[..., None]
    size = np.hypot(luma / by_luma, np.hypot(red, blue) / by_chroma)
    return np.asarray(size.min(axis=1), np.float32)


class OcclusionFinder:
    """Find what covers one face, frame by frame. The first frame counts as uncovered."""

    def __init__(self) -> None:
        self._usual: Colours | None = None
        self._pose = np.zeros(3, np.float32)
        self._count = 0
        self._hidden = np.zeros(len(mean_face().vertices), np.bool_)

    def __call__(self, colours: Colours, visible: Flags, pose: HeadPose) -> tuple[Flags, bool]:
        """Judge the next frame.

        Args:
            colours: (468, 3), see `point_colours`.
            visible: (468,) points that face the camera.
            pose: of the head.

        Returns:
            (468,) the points that are covered, and whether all of the mouth counts as covered.
        """
        parts = _parts()
        angles = np.array([pose.yaw, pose.pitch, pose.roll / 2], np.float32)
        if self._usual is None:
            self._usual, self._pose = colours.copy(), angles
        lit = self._lit(colours, parts.upper & visible)
        change = lit - self._usual
        turn = float(np.abs(angles - self._pose).sum())
        score = np.minimum(_unlike(lit, self._usual) / (1 + PER_TURN * turn), MAX_SCORE)
        judged = visible & (abs(pose.yaw) <= MAX_YAW)
        limit = np.where(self._hidden, STILL_HIDDEN, HIDDEN)
        hidden = (parts.near @ score > limit) & parts.lower & judged
        if hidden.sum() < MIN_SHARE * max(1, (parts.lower & judged).sum()):
            hidden[:] = False
        mouth = parts.mouth & judged
        self._hidden = hidden
        seen = score[mouth & ~hidden]
        covered = bool(
            mouth.any() and (hidden[mouth].mean() > MOST or (seen.size and seen.mean() > COVERED))
        )
        self._count += 1
        rate = LEARN * UNLIKE ** np.maximum(score - 1, 0)
        rate = np.maximum(rate, 1 / self._count if self._count <= START else 0) * visible
        self._usual = (self._usual + rate[:, None] * change).astype(np.float32)
        self._pose = self._pose + rate[parts.upper].mean() * (angles - self._pose)
        return hidden, covered

    def _lit(self, colours: Colours, upper: Flags) -> Colours:
        """Take a global change of light out of the colours; it is measured on the upper face."""
        if self._usual is None or not upper.any():
            return colours
        lit, usual = colours.copy(), self._usual[upper]
        gain = np.median(colours[upper, 0] / np.maximum(usual[:, 0], 8))
        lit[:, 0] /= np.clip(gain, *LIGHT)
        lit[:, 1:] -= np.median(colours[upper, 1:] - usual[:, 1:], axis=0)
        return lit
