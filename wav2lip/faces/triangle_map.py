"""A map from pixels to places that is affine in each of many triangles."""

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image

MIN_AREA = 1e-3  # px²; a smaller triangle is moved as a whole: its slopes have no digits left

Corners = NDArray[np.float64]  # (T, 3, 2) x and y of each triangle
Map = NDArray[np.float32]  # (h, w)
Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def draw_map(
    target: Corners,
    source: Corners,
    rows: slice,
    columns: slice,
    times: int = 1,
    background: tuple[Map, Map] | None = None,
) -> tuple[Map, Map]:
    """Map each pixel to where the triangle that covers it comes from.

    A pixel belongs to the triangle in which its centre lies, and to one of two that share an edge:
    there are neither gaps nor values from beyond a corner. The rows of all triangles are computed
    together, since a call per triangle costs more than the pixels of a small one.

    Args:
        target: triangles in the picture, in pixels; the centre of the first pixel lies at 0. Later
            ones hide earlier ones.
        source: where they come from.
        rows: h rows of the picture that are mapped.
        columns: w columns.
        times: places per pixel that are mapped, along each axis.
        background: column and row of the source for places without a triangle; None: their own.

    Returns:
        Column and row of the source for each place (h * times, w * times).
    """
    (top, bottom), (left, right) = (
        (part.start * times, part.stop * times) for part in (rows, columns)
    )
    width = right - left
    shift = (times - 1) / 2  # a pixel is `times` wide, and its centre lies between its places
    target = target * times + shift
    x, y = (axis.copy() for axis in background or own_places(rows, columns, times))
    owner, row, low, high = _rows(target, top, bottom)
    begin = np.clip(np.ceil(low), left, right).astype(np.intp)
    end = np.clip(np.ceil(high), begin, right).astype(np.intp)
    length = end - begin
    first = np.cumsum(length) - length
    step = np.arange(length.sum()) - first.repeat(length)
    place = ((row - top) * width + begin - left).repeat(length) + step
    steps = step.astype(np.float32)
    linear, middle, goal = _affine(target, source)
    across, down = begin - goal[owner, 0], row - goal[owner, 1]
    for axis, values in enumerate((x, y)):
        along = linear[owner, axis, 0]
        start = middle[owner, axis] + along * across + linear[owner, axis, 1] * down
        drawn = along.astype(np.float32).repeat(length)
        drawn *= steps
        drawn += start.astype(np.float32).repeat(length)
        # NumPy keeps the last of several values for one place: the nearest triangle's.
        values.reshape(-1)[place] = drawn
    return x, y


def own_places(rows: slice, columns: slice, times: int = 1) -> tuple[Map, Map]:
    """Return column and row of each place (h * times, w * times) of some rows and columns, read-only."""
    shift = (times - 1) / 2
    across, down = (
        (np.arange(part.start * times, part.stop * times, dtype=np.float32) - shift) / times
        for part in (columns, rows)
    )
    x, y = np.broadcast_arrays(across, down[:, None])
    return x, y


def follow_map(image: Image, x: Map, y: Map, corner: tuple[int, int]) -> Image:
    """Fetch what a map shows.

    Args:
        image: (H, W, C) uint8, the picture or a part of it.
        x: (h, w) column of the picture.
        y: (h, w) row.
        corner: row and column of the picture at which `image` begins.

    Returns:
        (h, w, C) uint8; beyond the borders of `image`, they repeat.
    """
    top, left = corner
    x, y = (x - left if left else x), (y - top if top else y)
    moved = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def _rows(triangles: Corners, top: int, bottom: int) -> tuple[Indices, Indices, Floats, Floats]:
    """Cut triangles into rows: triangle, row, and where it begins and ends there."""
    order = np.argsort(triangles[..., 1], axis=1, kind="stable")[..., None]
    corners = np.take_along_axis(triangles, order, axis=1)  # from the highest down
    (ax, ay), (bx, by), (cx, cy) = corners.transpose(1, 2, 0)
    first, last = (np.clip(np.ceil(edge), top, bottom).astype(np.intp) for edge in (ay, cy))
    height = last - first
    owner = np.arange(len(height)).repeat(height)
    row = np.arange(len(owner)) + (first - np.cumsum(height) + height)[owner]
    # Every row crosses the edge from the highest corner to the lowest, and one of the other two.
    short = np.where(
        row < by[owner],
        _crossing(ax, ay, bx, by, owner, row),
        _crossing(bx, by, cx, cy, owner, row),
    )
    long = _crossing(ax, ay, cx, cy, owner, row)
    return owner, row, np.minimum(long, short), np.maximum(long, short)


def _crossing(
    x: Floats, y: Floats, below_x: Floats, below_y: Floats, owner: Indices, row: Indices
) -> Floats:
    """Return where rows cross edges; the same for both triangles that share an edge."""
    height = below_y - y
    slope = (below_x - x) / np.where(height > 0, height, 1)
    return np.asarray(x[owner] + (row - y[owner]) * slope[owner], np.float64)


def _affine(target: Corners, source: Corners) -> tuple[Floats, Floats, Floats]:
    """Map triangles of the target to the source.

    Returns:
        The linear part (T, 2, 2), the middle of each triangle in the source (T, 2) and in the
        target (T, 2).
    """
    first, second = target[:, 1] - target[:, 0], target[:, 2] - target[:, 0]
    area = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    valid = np.abs(area) > 2 * MIN_AREA
    inverse = np.stack([second[:, 1], -second[:, 0], -first[:, 1], first[:, 0]], axis=1)
    inverse /= np.where(valid, area, 1)[:, None]
    edges = np.stack([source[:, 1] - source[:, 0], source[:, 2] - source[:, 0]], axis=2)
    linear = edges @ inverse.reshape(-1, 2, 2)
    linear[~valid] = np.eye(2)
    middle, goal = ((t[:, 0] + t[:, 1] + t[:, 2]) / 3 for t in (source, target))
    return linear, middle, goal
