"""Find the line between closed lips in a photo: the mesh sees them as parted, or misses the line by millimetres.

What lies between the inner contours of the lips counts as the inside of the mouth. If that includes a part of the upper
lip, the lip gets thinner as the mouth opens, and its other part moves with the lower lip. The line is a dark valley
along the mouth; it is found as the cheapest path, as seams are in Avidan and Shamir 2007, *Seam carving for
content-aware image resizing*, section 3.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import UNIT_MM
from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mouth_patch import BOTTOM, ROWS, TOP, MouthPatch
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_CORNERS, INNER_LOWER, INNER_UPPER
from wav2lip.types import LUMA_BGR, Image

# The points of the mesh follow their contour, less with their distance from it, so that no triangle turns over.
NEAR, ASIDE = 3.5, 4.0  # mm down or up, and beside the corners: standard deviations times √2
CORNER = 0.7  # of the way; the line is less sure there
LEAST = 0.01  # points that follow less stay
MAX_OPENING = 0.05  # lip opening by the mesh; closed lips have up to 0.047
MAX_YAW = 35.0  # degrees; of a head that is turned further, contours lie above each other

SCALE = 3  # of the patch in which the line is sought
MM = ROWS * SCALE / (BOTTOM - TOP) / UNIT_MM  # px of the patch
COLUMNS = 48  # along the mouth
REACH = 3.5  # mm above and below the contours
BLUR = 0.4  # mm; hairs, cracks and grain are finer
BESIDE = 2.5  # mm from the line, where the lips are
STEP = 0.05  # cost of a step aside by one pixel
MIN_DEPTH = 0.06  # median, of the skin's luma, by which the line is darker than the lips beside it
SURE = 0.15  # depth at which a column counts fully
THICK = 0.25  # mm from the line to each contour
SMOOTH = 4.0  # mm along the mouth
# Lips are parted where the mesh sees it, and the darkness reaches from contour to contour.
PARTED, AGREES = 1.2, 0.6  # mm
# Between the contours there are teeth if the brighter part of what is there is so much less red than lips, or brighter.
PALE, BRIGHT = 0.6, 1.15
COLOURED = 0.1  # redness of lips in a picture with colours

Curve = NDArray[np.floating]  # (COLUMNS,)
CENTRAL = np.abs(np.arange(COLUMNS) - COLUMNS / 2) < COLUMNS / 4  # the corners are dark


def _path(cost: NDArray[np.floating]) -> NDArray[np.intp]:
    """Find the cheapest path from left to right, by rows; it moves by at most one row per column."""
    total, steps = cost[:, 0], []
    for column in cost.T[1:]:
        above, below = np.r_[np.inf, total[:-1]] + STEP, np.r_[total[1:], np.inf] + STEP
        choices = np.stack([above, total, below])
        steps.append(choices.argmin(axis=0) - 1)
        total = choices.min(axis=0) + column
    path = [int(total.argmin())]
    for step in reversed(steps):
        path.append(path[-1] + int(step[path[-1]]))
    return np.array(path[::-1], np.intp)


def _smoothed(values: Curve, weights: Curve, deviation: float) -> Curve:
    """Smooth a curve; `deviation` in columns."""
    reach = int(3 * deviation) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    total, share = (
        np.convolve(np.pad(curve, reach, mode="edge"), kernel, "valid")
        for curve in (values * weights, weights)
    )
    return np.asarray(total / share, np.float64)


@dataclass(frozen=True)
class _Band:
    """The picture along the lips, straightened.

    Attributes:
        patch: of the mouth.
        places: (468, 2) of the mesh in pixels of the patch at `SCALE`.
        columns: of the patch.
        above: rows of the upper contour at the columns.
        below: of the lower one; contours may cross.
        rows: (R, COLUMNS) rows of the patch.
        colours: (R, COLUMNS, 3) BGR in [0, 1].
        skin: luma of the skin.
    """

    patch: MouthPatch
    places: NDArray[np.float32]
    columns: Curve
    above: Curve
    below: Curve
    rows: NDArray[np.floating]
    colours: NDArray[np.float32]
    skin: float

    @classmethod
    def of(cls, source: Image | Picture, landmarks: Landmarks) -> Self | None:
        """Cut the lips out; None where their contours do not run from left to right."""
        pose = landmarks.pose
        height = float(pose.face_on(landmarks.points)[list(INNER_CORNERS), 1].mean())
        patch = MouthPatch.of_pose(pose, height)
        places = (patch.points(landmarks.points) + 0.5) * SCALE - 0.5
        contours = [places[list(contour)] for contour in (INNER_UPPER, INNER_LOWER)]
        if min(np.diff(contour[:, 0]).min() for contour in contours) <= 0:
            return None
        size = source.size if isinstance(source, Picture) else source.shape[:2]
        part = patch.extent((size[0], size[1]))
        image = source.bgr(*part) if isinstance(source, Picture) else source[part]
        cut = patch.cut(image, SCALE, 0.0, part[0].start, part[1].start)
        soft = cv2.GaussianBlur(cut, (0, 0), BLUR * MM).astype(np.float32) / 255
        columns = np.linspace(contours[0][0, 0], contours[0][-1, 0], COLUMNS + 2)[1:-1]
        curves = [np.interp(columns, *contour.T) for contour in contours]
        reach = int(REACH * MM + np.abs(curves[1] - curves[0]).max() / 2) + round(BESIDE * MM)
        rows = (curves[0] + curves[1]) / 2 + np.arange(-reach, reach + 1)[:, None]
        place = np.broadcast_to(columns, rows.shape).astype(np.float32), rows.astype(np.float32)
        colours = np.asarray(cv2.remap(soft, *place, cv2.INTER_LINEAR), np.float32)
        luma = soft @ LUMA_BGR
        skin = max(0.05, float(np.median(np.r_[luma[: 10 * SCALE], luma[50 * SCALE :]])))
        return cls(patch, places, columns, curves[0], curves[1], rows, colours, skin)

    @cached_property
    def _between(self) -> tuple[bool, bool]:
        """Whether what lies between the contours is paler than red lips, and whether it is brighter than lips."""
        above, below = np.minimum(self.above, self.below), np.maximum(self.above, self.below)
        inside = (self.rows > above - 0.7 * MM) & (self.rows < below + 0.7 * MM) & CENTRAL
        upper = (self.rows > above - 3 * MM) & (self.rows < above - 1.2 * MM)
        lower = (self.rows > below + 1.5 * MM) & (self.rows < below + 4 * MM)
        lips = (upper | lower) & CENTRAL
        luma, mean = self.colours @ LUMA_BGR, self.colours.mean(axis=2)
        red = (self.colours[..., 2] - self.colours[..., 1]) / np.maximum(mean, 0.05)
        bright = inside & (luma >= np.percentile(luma[inside], 85))
        usual = float(np.median(red[lips]))
        pale = usual > COLOURED and float(np.median(red[bright])) < PALE * usual
        return pale, float(luma[bright].mean()) > BRIGHT * float(np.percentile(luma[lips], 75))

    @property
    def teeth(self) -> bool:
        """Whether what lies between the contours is paler or brighter than the lips."""
        return any(self._between)

    @cached_property
    def _valley(self) -> tuple[NDArray[np.intp], Curve, NDArray[np.floating]]:
        """The darkest path along the lips: its places in the rows that may hold it, its depth, and their luma."""
        beside, each = round(BESIDE * MM), np.arange(COLUMNS)
        luma = (self.colours @ LUMA_BGR).astype(np.float64)
        lighter, inner = np.minimum(luma[: -2 * beside], luma[2 * beside :]), luma[beside:-beside]
        depth = (lighter - inner) / self.skin
        path = _path(-depth)
        return path, depth[path, each], inner

    @property
    def seen(self) -> bool:
        """Whether lips meet in a line, or are parted by darkness."""
        return bool(np.median(self._valley[1]) >= MIN_DEPTH)

    @property
    def lips(self) -> bool:
        """Whether lips are seen: a line between them, or red ones beside something paler."""
        return self.seen or self._between[0]

    def line(self) -> Curve | None:
        """Find the rows of the line between closed lips; None if there is none to be sure of, or they are parted."""
        if not self.seen:
            return None
        (path, found, inner), each = self._valley, np.arange(COLUMNS)
        dark = inner < inner[path, each] + found * self.skin / 2
        index = np.arange(len(inner))[:, None]
        top = np.where(~dark & (index < path), index, -1).max(axis=0) + 1
        bottom = np.where(~dark & (index > path), index, len(inner)).min(axis=0) - 1
        rows = self.rows[round(BESIDE * MM) : -round(BESIDE * MM)]
        off = [
            float(np.median(np.abs(rows[edge, each] - contour)[CENTRAL]))
            for edge, contour in ((top, self.above), (bottom, self.below))
        ]
        if np.median((self.below - self.above)[CENTRAL]) > PARTED * MM and max(off) < AGREES * MM:
            return None
        sure = np.clip(found / SURE, 0.02, 1)
        deviation = SMOOTH * MM * COLUMNS / (self.columns[-1] - self.columns[0])
        middle = (self.above + self.below) / 2
        return middle + _smoothed(rows[path, each] - middle, sure, deviation)


def lips_seen(source: Image | Picture, landmarks: Landmarks) -> tuple[bool, bool]:
    """Tell whether lips are seen that are closed or hardly parted, and whether teeth are seen between them.

    Args:
        source: the photo, (H, W, 3) uint8 BGR or planes.
        landmarks: of the face.

    Returns:
        False, False, too, where a moustache or a hand covers the lips. Brightness alone is not taken for teeth.
    """
    band = _Band.of(source, landmarks)
    if band is None:
        return False, False
    return band.lips, band.lips and band.teeth


def fit_lip_line(source: Image | Picture, landmarks: Landmarks) -> Landmarks:
    """Move the inner contours of closed lips to the line between them.

    Args:
        source: the photo, (H, W, 3) uint8 BGR or planes.
        landmarks: of the face.

    Returns:
        New landmarks; the same where the lips are parted, teeth are seen, or no line is found.
    """
    if abs(landmarks.pose.yaw) > MAX_YAW or landmarks.lip_opening > MAX_OPENING:
        return landmarks
    band = _Band.of(source, landmarks)
    if band is None or band.teeth:
        return landmarks
    line = band.line()
    if line is None:
        return landmarks
    sides, limit = [], REACH * MM
    across, rows = band.places.astype(np.float64).T
    taper = np.interp(
        band.columns, band.columns[[0, COLUMNS // 4, -COLUMNS // 4, -1]], (CORNER, 1, 1, CORNER)
    )
    for side, contour in ((-1, band.above), (1, band.below)):
        wanted = taper * np.clip(line + side * THICK * MM - contour, -limit, limit)
        away = rows - np.interp(across, band.columns, contour)
        near = np.exp(-((away / (NEAR * MM)) ** 2))
        sides.append((near * np.interp(across, band.columns, wanted), side * away > 0))
    (upper, _), (lower, under) = sides
    shift = np.where(under, lower, upper)
    for found, inner in ((upper, list(INNER_UPPER)), (lower, list(INNER_LOWER))):
        shift[inner] = found[inner]
    corners = list(INNER_CORNERS)
    shift[corners] = (upper[corners] + lower[corners]) / 2
    beside = across - np.clip(across, band.columns[0], band.columns[-1])
    shift *= np.exp(-((beside / (ASIDE * MM)) ** 2))
    shift[np.abs(shift) < LEAST * MM] = 0
    points = landmarks.points.copy()
    points[:, :2] += (shift[:, None] * band.patch.to_frame[:, 1] / SCALE).astype(np.float32)
    return replace(landmarks, points=points)
