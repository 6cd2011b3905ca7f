"""Move the pixels of a face with its mesh: piecewise affine over the triangles of the lower face."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.continued_motion import continue_motion
from wav2lip.faces.hidden_side import seen_triangles
from wav2lip.faces.lip_edges import LipEdges
from wav2lip.faces.mesh import Points
from wav2lip.faces.triangle_map import Corners, Map, draw_map, follow_map, own_places
from wav2lip.faces.warp_triangles import (
    MOUTH_LOWER,
    MOUTH_UPPER,
    OVAL,
    Points2,
    around_mouth,
    warp_triangles,
)
from wav2lip.regions import CHIN, INNER_LOWER, INNER_UPPER, NOSE_TIP
from wav2lip.types import Image

OUTSIDE = 1.35  # times the outline's size: where the motion around the face has ended
MARGIN = 2  # px around the moved part
STILL = 0.01  # px; points that move by less do not enlarge the moved part
# Heights of an opening, relative to its height in the frame: below the first value it is drawn shut, above the second
# one not at all; the same for lips that cover the teeth.
SHUT = 0.1, 0.25
CLOSING = 0.7, 1.0
# How far above its edge a shut opening shows the upper lip: the larger of px and widths of the mouth.
INTO_LIP = 1.0, 0.03
KNOWN = 0.5, 1.5  # px; a lower opening in the frame counts as closed, a higher one in full


def _with_surroundings(points: Points, around: Points) -> Points2:
    """Add 36 points around the face that stay where they are, and 22 of the inside of the mouth."""
    outline = around[list(OVAL), :2].astype(np.float64)
    middle = outline.mean(axis=0)
    lips = points[[*INNER_UPPER, *INNER_LOWER], :2]
    return np.concatenate([points[:, :2], middle + OUTSIDE * (outline - middle), lips])


def _cover(before: Points2, after: Points2) -> None:
    """Let lips that close cover the teeth, which stay where they are in the head.

    Otherwise the teeth would be squeezed together with the opening. An opening that is almost shut
    shows the upper lip instead of a line of teeth; one that grows is stretched.

    Args:
        before: where the points come from; those of the inside of the mouth are changed in place.
        after: where they go.
    """
    upper, lower = (slice(points.start, points.stop) for points in (MOUTH_UPPER, MOUTH_LOWER))
    top = before[upper].copy()  # not a view: it is overwritten below
    down = before[lower] - top
    width = float(np.linalg.norm(top[-1] - top[0]))
    height = np.maximum(np.linalg.norm(down, axis=1, keepdims=True), STILL)
    # Heights in the frame's own opening, from 0 at the upper lip to 1 at the lower one.
    first, last = (
        np.clip(((after[side] - top) * down).sum(1, keepdims=True) / height**2, 0, 1)
        for side in (upper, lower)
    )
    left = ((after[lower] - after[upper]) * down).sum(1, keepdims=True) / height**2
    # The mesh is accurate to about a pixel: lips that nearly touch, or cross, have nothing to cover.
    chin = before[CHIN] - before[NOSE_TIP]
    gap = (down * chin).sum(1, keepdims=True) / max(float(np.linalg.norm(chin)), STILL)
    known = np.clip((gap - KNOWN[0]) / (KNOWN[1] - KNOWN[0]), 0, 1)
    closing = known * np.clip((CLOSING[1] - left) / (CLOSING[1] - CLOSING[0]), 0, 1)
    shut = known * np.clip((SHUT[1] - left) / (SHUT[1] - SHUT[0]), 0, 1)
    into = np.minimum(max(INTO_LIP[0], INTO_LIP[1] * width) / height, 1)
    for side, own, covered in ((upper, 0, first), (lower, 1, last)):
        place = own + closing * (covered - own)
        before[side] = top + ((1 - shut) * place - shut * into) * down


@dataclass(frozen=True)
class MeshWarp:
    """Where each pixel of a part of the frame comes from.

    Attributes:
        rows: h rows of the frame that may change.
        columns: w columns.
        x: (h, w) float32, column of the frame that the pixel shows.
        y: (h, w) float32, row.
        edges: pixels along the lips that show the mean of several places; None if there are none.
    """

    rows: slice
    columns: slice
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    edges: LipEdges | None = None

    def source(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Return the rows and columns of a frame of that height and width that are read."""
        low = np.floor([self.x.min(), self.y.min()]).astype(int) - MARGIN
        high = np.ceil([self.x.max(), self.y.max()]).astype(int) + MARGIN + 1
        left, top = np.clip(low, 0, (size[1] - 1, size[0] - 1)).tolist()
        right, bottom = np.clip(high, (left + 1, top + 1), (size[1], size[0])).tolist()
        return slice(top, bottom), slice(left, right)

    def moved(self, least: float) -> NDArray[np.bool_]:
        """Return which pixels (h, w) move by more than `least` pixels, or show a mean."""
        across = self.x - np.arange(self.columns.start, self.columns.stop, dtype=np.float32)
        along = self.y - np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None]
        moved = np.asarray((np.abs(across) > least) | (np.abs(along) > least), np.bool_)
        if self.edges is not None:
            moved[self._within(self.edges)] |= self.edges.share > 0
        return moved

    def _within(self, edges: LipEdges) -> tuple[slice, slice]:
        """Return the rows and columns of the edges in the moved part."""
        top, left = edges.rows.start - self.rows.start, edges.columns.start - self.columns.start
        height, width = edges.share.shape
        return slice(top, top + height), slice(left, left + width)

    def __call__(self, image: Image, top: int = 0, left: int = 0) -> Image:
        """Return the moved part (h, w, 3) uint8.

        Args:
            image: (H, W, 3) uint8, the frame or a part of it.
            top: row of the frame at which `image` begins.
            left: column.
        """
        moved = follow_map(image, self.x, self.y, (top, left))
        if self.edges is not None:
            self.edges.smooth(moved[self._within(self.edges)], image, (top, left))
        return moved


def mesh_warp(source: Points, target: Points, size: tuple[int, int]) -> MeshWarp:
    """Compute the warp that moves a face from one mesh to another.

    Pixels above the nose and at some distance from the face stay where they are.

    Args:
        source: (468, 3) the mesh in the frame, pixels; the centre of the first pixel lies at 0.5.
        target: (468, 3) where its points go.
        size: height and width of the frame.

    Returns:
        The warp of the part that may change.
    """
    triangles = warp_triangles()
    before, after = (
        _with_surroundings(source, source) - 0.5,
        _with_surroundings(target, source) - 0.5,
    )
    _cover(before, after)
    moving = np.abs(after - before).max(axis=1) > STILL
    a, b, c = (after[triangles[:, corner]] for corner in range(3))
    lowest, highest = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)
    used = moving[triangles.T].any(axis=0) | around_mouth()
    seen, reach = seen_triangles(before, after)
    # How far the motion of a triangle reaches.
    beyond = np.where(seen, reach or 0.0, 0.0)[used, None]
    low = np.floor((lowest[used] - beyond).min(axis=0)).astype(int) - MARGIN
    high = np.ceil((highest[used] + beyond).max(axis=0)).astype(int) + MARGIN + 1
    corner = np.clip(low, 0, (size[1] - 1, size[0] - 1)) // 2 * 2  # where a chroma sample begins
    left, top = corner.tolist()
    right, bottom = np.clip(high, corner + 1, (size[1], size[0])).tolist()
    # Those that stay are drawn, too: they may hide what moves.
    near, far = lowest <= (right, bottom), highest >= (left, top)
    triangles = triangles[near[:, 0] & near[:, 1] & far[:, 0] & far[:, 1] & seen]
    depth = np.concatenate(
        [source[:, 2], np.full(len(OVAL), np.inf), source[[*INNER_UPPER, *INNER_LOWER], 2]]
    )[triangles.T].max(axis=0)
    triangles = triangles[np.argsort(-depth, kind="stable")]  # the nearest last
    part = slice(top, bottom), slice(left, right)
    corners = after[triangles], before[triangles]
    x, y = _drawn(corners, part, reach)
    mouth = _around_lips(after[[*MOUTH_UPPER, *MOUTH_LOWER]], part)
    return MeshWarp(*part, x, y, LipEdges.of(x, y, part, mouth, corners))


def _drawn(
    corners: tuple[Corners, Corners], part: tuple[slice, slice], reach: float | None
) -> tuple[Map, Map]:
    """Return the map of a part; beyond the triangles, their motion fades out within `reach` pixels."""
    if reach is None:
        return draw_map(*corners, *part)
    own = own_places(*part)
    blank = np.full(own[0].shape, np.nan, np.float32)
    drawn = draw_map(*corners, *part, background=(blank, blank))
    continue_motion(drawn, own, reach)
    return drawn


def _around_lips(lips: Points2, part: tuple[slice, slice]) -> tuple[slice, slice]:
    """Return the rows and columns around the opening (N, 2), within a part of the frame."""
    low, high = np.floor(lips.min(axis=0)) - MARGIN, np.ceil(lips.max(axis=0)) + MARGIN + 1
    left, top = low.astype(int).tolist()
    right, bottom = high.astype(int).tolist()
    around = ((top, bottom, part[0]), (left, right, part[1]))
    rows, columns = (
        slice(*np.clip((first, last), outer.start, outer.stop).tolist())
        for first, last, outer in around
    )
    return rows, columns
