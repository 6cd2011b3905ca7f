"""Find the line between closed lips in a photo: the mesh sees them as parted, or misses the line by millimetres.

What lies between the inner contours of the lips counts as the inside of the mouth. If that includes a part of the upper
lip, the lip gets thinner as the mouth opens, and its other part moves with the lower lip. The line is a dark valley
along the mouth; it is found as the cheapest path, as seams are in Avidan and Shamir 2007, *Seam carving for
content-aware image resizing*, section 3.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.landmarks import Landmarks
from wav2lip.faces.mesh_warp import INNER_LOWER, INNER_UPPER
from wav2lip.faces.mouth_patch import BOTTOM, ROWS, TOP, MouthPatch
from wav2lip.media.picture import Picture
from wav2lip.regions import INNER_CORNERS
from wav2lip.types import Image

# Points of the lips from the right corner to the left one, and how far they follow the line: its own contours, and the
# two rows of points beside each.
FOLLOWING = (
    (1.0, INNER_UPPER, INNER_LOWER),
    (
        0.7,
        (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
        (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    ),
    (
        0.35,
        (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
        (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    ),
)
CORNER = 0.7  # the same for the inner corners
MAX_OPENING = 0.05  # lip opening by the mesh; closed lips have up to 0.047
MAX_YAW = 35.0  # degrees; of a head that is turned further, contours lie above each other

SCALE = 3  # of the patch in which the line is sought
MM = (
    ROWS * SCALE / (BOTTOM - TOP) / 90
)  # px; the outer eye corners are 90 mm apart, see `wav2lip.faces.teeth`
COLUMNS = 48  # along the mouth
REACH = 3.5  # mm above and below the contours
BLUR = 0.4  # mm; hairs, cracks and grain are finer
BESIDE = 2.5  # mm from the line, where the lips are
STEP = 0.05  # cost of a step aside by one pixel
MIN_DEPTH = 0.06  # median, of the skin's luma, by which the line is darker than the lips beside it
SURE = 0.15  # depth at which a column counts fully
THICK = 0.25  # mm from the line to each contour
SMOOTH = 4.0  # mm along the mouth
# Between the contours there are teeth if the brighter part of what is there is so much less red than lips, or brighter.
PALE, BRIGHT = 0.6, 1.15
COLOURED = 0.1  # redness of lips in a picture with colours

Curve = NDArray[np.floating]  # (COLUMNS,)
Map = NDArray[np.floating]  # (rows, COLUMNS)


def _path(cost: Map) -> NDArray[np.intp]:
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


def _show_teeth(
    colours: NDArray[np.float32], inside: NDArray[np.bool_], lips: NDArray[np.bool_]
) -> bool:
    """Return whether the inside of a mouth is paler or brighter than the lips.

    Args:
        colours: (rows, columns, 3) BGR in [0, 1].
        inside: (rows, columns) between the contours.
        lips: beside them.
    """
    luma = colours @ np.array([0.114, 0.587, 0.299], np.float32)
    red = (colours[..., 2] - colours[..., 1]) / np.maximum(colours.mean(axis=2), 0.05)
    bright = inside & (luma >= np.percentile(luma[inside], 85))
    usual = float(np.median(red[lips]))
    pale = usual > COLOURED and float(np.median(red[bright])) < PALE * usual
    return pale or float(luma[bright].mean()) > BRIGHT * float(np.percentile(luma[lips], 75))


def _smoothed(values: Curve, weights: Curve, deviation: float) -> Curve:
    """Smooth a curve; `deviation` in columns."""
    reach = int(3 * deviation) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    total, share = (
        np.convolve(np.pad(curve, reach, mode="edge"), kernel, "valid")
        for curve in (values * weights, weights)
    )
    return np.asarray(total / share, np.float64)


def _line(
    cut: Image, upper: NDArray[np.float32], lower: NDArray[np.float32]
) -> tuple[Curve, Curve] | None:
    """Find the line in a patch.

    Args:
        cut: (72 * SCALE, 96 * SCALE, 3) BGR.
        upper: (11, 2) the contour of the upper lip in pixels of it, from left to right.
        lower: (11, 2).

    Returns:
        Columns and rows of the line; None where there is none to be sure of, or teeth are seen.
    """
    columns = np.linspace(upper[0, 0], upper[-1, 0], COLUMNS + 2)[1:-1]
    above, below = (np.interp(columns, *contour.T.astype(np.float64)) for contour in (upper, lower))
    middle, half = (above + below) / 2, max(0.0, float((below - above).max()) / 2)
    reach, beside = int(REACH * MM + half), round(BESIDE * MM)
    rows = middle + np.arange(-reach - beside, reach + beside + 1)[:, None]
    place = np.broadcast_to(columns, rows.shape).astype(np.float32), rows.astype(np.float32)
    soft = cv2.GaussianBlur(cut, (0, 0), BLUR * MM).astype(np.float32) / 255
    colours = np.asarray(cv2.remap(soft, *place, cv2.INTER_LINEAR), np.float32)
    central = np.abs(np.arange(COLUMNS) - COLUMNS / 2) < COLUMNS / 4  # the corners are dark
    inside = (rows > above - 0.7 * MM) & (rows < below + 0.7 * MM) & central
    lips = central & (
        ((rows > above - 3 * MM) & (rows < above - 1.2 * MM))
        | ((rows > below + 1.5 * MM) & (rows < below + 4 * MM))
    )
    if _show_teeth(colours, inside, lips):
        return None
    weights = np.array([0.114, 0.587, 0.299], np.float32)
    luma, everywhere = (colours @ weights).astype(np.float64), soft @ weights
    skin = max(0.05, float(np.median(np.r_[everywhere[: 10 * SCALE], everywhere[50 * SCALE :]])))
    lighter = np.minimum(luma[: -2 * beside], luma[2 * beside :])
    depth = (lighter - luma[beside:-beside]) / skin
    path = _path(-depth)
    found = depth[path, np.arange(COLUMNS)]
    if np.median(found) < MIN_DEPTH:
        return None
    sure = np.clip(found / SURE, 0.02, 1)
    deviation = SMOOTH * MM * COLUMNS / (columns[-1] - columns[0])
    return columns, middle + _smoothed(path - float(reach), sure, deviation)


def fit_lip_line(source: Image | Picture, landmarks: Landmarks) -> Landmarks:
    """Move the inner contours of closed lips to the line between them.

    Args:
        source: the photo, (H, W, 3) uint8 BGR or planes.
        landmarks: of the face.

    Returns:
        New landmarks; the same where the lips are parted, teeth are seen, or no line is found.
    """
    pose = landmarks.pose
    if abs(pose.yaw) > MAX_YAW or landmarks.lip_opening > MAX_OPENING:
        return landmarks
    height = float(pose.face_on(landmarks.points)[list(INNER_CORNERS), 1].mean())
    patch = MouthPatch.of_pose(pose, height)
    size = source.size if isinstance(source, Picture) else source.shape[:2]
    rows, columns = patch.extent((size[0], size[1]))
    part = source.bgr(rows, columns) if isinstance(source, Picture) else source[rows, columns]
    places = (patch.points(landmarks.points) + 0.5) * SCALE - 0.5
    upper, lower = places[list(INNER_UPPER)], places[list(INNER_LOWER)]
    if min(np.diff(upper[:, 0]).min(), np.diff(lower[:, 0]).min()) <= 0:
        return landmarks
    line = _line(patch.cut(part, SCALE, 0.0, rows.start, columns.start), upper, lower)
    if line is None:
        return landmarks
    points, down = landmarks.points.copy(), patch.to_frame[:, 1] / SCALE
    limit = REACH * MM
    shifts = [
        np.clip(line[1] + side * THICK * MM - np.interp(line[0], *contour.T), -limit, limit)
        for side, contour in ((-1, upper), (1, lower))
    ]
    for share, *contours in FOLLOWING:
        for shift, contour in zip(shifts, contours, strict=True):
            inner = list(contour[1:-1])
            moved = share * np.interp(places[inner, 0], line[0], shift)
            points[inner, :2] += (moved[:, None] * down).astype(np.float32)
    for corner, end in zip(INNER_CORNERS, (0, -1), strict=True):
        points[corner, :2] += (CORNER * (shifts[0][end] + shifts[1][end]) / 2 * down).astype(
            np.float32
        )
    return replace(landmarks, points=points)
