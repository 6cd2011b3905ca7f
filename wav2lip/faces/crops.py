"""Cut a face out of a frame and give its lower half to the generator to draw."""

import math
from typing import Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.picture import Picture

# The feathered mask, in parts of the box: full over mouth, chin and cheeks, gone at the box's
# sides and bottom (so a jaw can open down to there) and between the eyes and the nose's tip.
MASK_MIDDLE = 0.73  # height of the mask's middle, about the upper lip
MASK_UP = 0.31  # from there to where it ends, above
MASK_DOWN = 0.27  # and below
MASK_SIDE = 0.5  # and to the left and right
MASK_ROUND = 3.0  # exponent of the outline: 2 is an ellipse, more is squarer
MASK_CORE = 0.68  # of the way from the middle to the outline; the mask is full inside
MASK_LEAST = 1 / 255  # below it no pixel would change

# The colour match: what generated and source differ by along the soft edge, spread inwards.
MATCH_GRID = (32, 19)  # px (width, height) of the small picture that it is worked out on
MATCH_SPREAD = 5.0  # px of that picture; only lighting is matched, no feature is that wide
MATCH_MOST = 24.0  # grey levels; a larger difference is not lighting
MARGIN = 4  # px of frame around the mask that the Poisson solver sees

Mode = Literal["feather", "box", "poisson"]

Image = NDArray[np.uint8]
Box = NDArray[np.float32]


def pad_box(box: Box, pads: tuple[float, float, float, float], size: tuple[int, int]) -> Box:
    """Box (4,) widened by (top, bottom, left, right) px, as published, and cut at the frame.

    `size` is the frame's (height, width) in px. The published `--pads 0 10 0 0` lets the chin in.
    """
    top, bottom, left, right = pads
    h, w = size
    return np.array(
        [
            max(0.0, box[0] - left),
            max(0.0, box[1] - top),
            min(float(w), box[2] + right),
            min(float(h), box[3] + bottom),
        ],
        np.float32,
    )


def widen_box(box: Box, fraction: float) -> Box:
    """Box (4,) with `fraction` of its width and height added on every side; may leave the frame."""
    dx, dy = fraction * (box[2] - box[0]), fraction * (box[3] - box[1])
    return np.array([box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy], np.float32)


def crop_face(image: Image, box: Box, size: int = 96) -> Image:
    """The box of a frame (H, W, 3) resized to a square, aspect not kept (as published).

    Sub-pixel accurate, so that a slowly moving box does not make the crop shake. Where the box
    leaves the frame the border is repeated. Shrinking averages (no aliasing).
    """
    x0, y0, x1, y1 = (float(v) for v in box)
    h, w = image.shape[:2]
    shrink = max(1, math.ceil(max(x1 - x0, y1 - y0) / size))
    # An exact multiple of `size` is sampled, then averaged down by that whole number.
    side = size * shrink
    fx, fy = (x1 - x0) / side, (y1 - y0) / side
    # Work on the part of the frame that the box covers: cost follows the face, not the frame.
    left, top = max(0, min(int(x0) - 2, w - 1)), max(0, min(int(y0) - 2, h - 1))
    right, bottom = max(left + 1, min(int(x1) + 3, w)), max(top + 1, min(int(y1) + 3, h))
    part = image[top:bottom, left:right]
    # Pixel centres: output u sits at x0 + (u + .5) * fx - .5 of the frame.
    back = np.array(
        [[fx, 0, x0 - left + fx / 2 - 0.5], [0, fy, y0 - top + fy / 2 - 0.5]], np.float64
    )
    sampled = cv2.warpAffine(
        part,
        back,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if shrink > 1:
        sampled = cv2.resize(sampled, (size, size), interpolation=cv2.INTER_AREA)
    return cast(Image, sampled)


def crop_coded(picture: Picture, box: Box, size: int = 96) -> Image:
    """`crop_face` of a picture, of which only the part under the box becomes BGR."""
    h, w = picture.size
    rows = slice(max(0, min(int(box[1]) - 2, h - 1)), max(1, min(int(box[3]) + 3, h)))
    columns = slice(max(0, min(int(box[0]) - 2, w - 1)), max(1, min(int(box[2]) + 3, w)))
    origin = np.array([columns.start, rows.start] * 2, np.float32)
    return crop_face(picture.bgr(rows, columns), box - origin, size)


def _evenly(low: float, high: float, size: int) -> slice:
    """The lines from `low` to `high` that lie in a frame of `size`, from an even one on."""
    start = max(0, math.floor(low)) // 2 * 2
    return slice(min(start, size), max(min(start, size), min(size, math.ceil(high / 2) * 2)))


def lower_face_mask(box: Box, size: tuple[int, int]) -> tuple[slice, slice, NDArray[np.float32]]:
    """The feathered mask of a box in a frame of `size` (height, width) px.

    Returns the rows and columns of the frame outside which it is 0, from even ones on, and the
    mask there, 0-1.
    """
    x0, y0, x1, y1 = (float(v) for v in box)
    height, width = y1 - y0, x1 - x0
    middle = y0 + MASK_MIDDLE * height
    rows = _evenly(middle - MASK_UP * height, middle + MASK_DOWN * height, size[0])
    columns = _evenly(x0, x1, size[1])
    y = np.arange(rows.start, rows.stop) + 0.5 - middle
    x = np.arange(columns.start, columns.stop) + 0.5 - (x0 + x1) / 2
    down = np.abs(y) / np.where(y < 0, MASK_UP * height, MASK_DOWN * height)
    across = np.abs(x) / (MASK_SIDE * width)
    powers = (down**MASK_ROUND)[:, None] + (across**MASK_ROUND)[None, :]
    if not powers.size:
        return rows, columns, powers.astype(np.float32)
    outwards = cast(NDArray[np.float32], cv2.pow(powers.astype(np.float32), 1 / MASK_ROUND))
    ramp = np.clip((1 - outwards) / np.float32(1 - MASK_CORE), 0, 1)
    mask = ramp * ramp * (3 - 2 * ramp)
    mask[mask < MASK_LEAST] = 0
    return rows, columns, mask


def _box_mask(box: Box, size: tuple[int, int]) -> tuple[slice, slice, NDArray[np.float32]]:
    """As `lower_face_mask`: 1 in every pixel that the box touches."""
    rows = _evenly(float(box[1]), float(box[3]), size[0])
    columns = _evenly(float(box[0]), float(box[2]), size[1])
    y, x = np.arange(rows.start, rows.stop), np.arange(columns.start, columns.stop)
    down = (y > box[1] - 1) & (y < box[3])
    across = (x > box[0] - 1) & (x < box[2])
    return rows, columns, (down[:, None] & across[None, :]).astype(np.float32)


def _to_frame(generated: Image, box: Box, rows: slice, columns: slice) -> Image:
    """The generated square (S, S, 3) as it lies over those rows and columns of the frame."""
    width, height = float(box[2] - box[0]), float(box[3] - box[1])
    side_x, side_y = generated.shape[1], generated.shape[0]
    if width < side_x or height < side_y:
        side_x, side_y = min(side_x, math.ceil(width)), min(side_y, math.ceil(height))
        generated = cast(
            Image, cv2.resize(generated, (side_x, side_y), interpolation=cv2.INTER_AREA)
        )
    sx, sy = side_x / width, side_y / height
    # The inverse of crop_face, pixel centres included.
    from_frame = np.array(
        [
            [sx, 0, (columns.start + 0.5 - float(box[0])) * sx - 0.5],
            [0, sy, (rows.start + 0.5 - float(box[1])) * sy - 0.5],
        ],
        np.float64,
    )
    target = (columns.stop - columns.start, rows.stop - rows.start)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    drawn = cv2.warpAffine(
        generated, from_frame, target, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Image, drawn)


def _match_colour(source: Image, drawn: Image, mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """`drawn` (h, w, 3) with the source's lighting, as float.

    A generator is a few grey levels off, and its colour drifts; where that meets the source it
    shows as a patch. The difference along the soft edge is a measure of it, the mouth is none.
    """
    small = [
        cv2.resize(picture, MATCH_GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
        for picture in (source, drawn)
    ]
    soft = cv2.resize(mask, MATCH_GRID, interpolation=cv2.INTER_AREA)
    weight = (4 * soft * (1 - soft))[..., None]
    off = np.clip(small[0] - small[1], -MATCH_MOST, MATCH_MOST) * weight
    spread = cv2.GaussianBlur(np.dstack([off, weight]), (0, 0), MATCH_SPREAD)
    shift = spread[..., :3] / np.maximum(spread[..., 3:], 1e-4)
    h, w = mask.shape
    shift = cv2.resize(shift, (w, h), interpolation=cv2.INTER_LINEAR)
    return cast(NDArray[np.float32], drawn + shift)


def _poisson(source: Image, drawn: Image, inside: NDArray[np.bool_]) -> Image:
    """`drawn` (h, w, 3) with its gradients kept and the source's values around `inside`."""
    border = (MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    # A mask that touches the picture's edge shifts OpenCV's result: give it room.
    mask = cv2.copyMakeBorder(
        inside.astype(np.uint8) * 255, *border[:4], cv2.BORDER_CONSTANT, value=0
    )
    x, y, w, h = cv2.boundingRect(mask)
    cloned = cv2.seamlessClone(
        cv2.copyMakeBorder(drawn, *border),
        cv2.copyMakeBorder(source, *border),
        mask,
        (x + w // 2, y + h // 2),
        cv2.NORMAL_CLONE,
    )
    return cast(Image, cloned[MARGIN:-MARGIN, MARGIN:-MARGIN])


def blend(picture: Picture, generated: Image, box: Box, mode: str = "feather") -> Picture:
    """The picture with a generated face (S, S, 3) BGR pasted into its box.

    feather: mouth, chin and cheeks with a soft edge, lighting matched. poisson: the same region,
    gradients kept and values taken from around it; lighting follows the noise at the edge, so a
    video may flicker. box: the whole box, as published. Outside, every code is the source's own.
    """
    if mode not in get_args(Mode):
        raise InputError(f"unknown blend {mode!r}: take one of {', '.join(get_args(Mode))}")
    if mode == "box":
        rows, columns, mask = _box_mask(box, picture.size)
    else:
        rows, columns, mask = lower_face_mask(box, picture.size)
    if not mask.any():
        return picture
    drawn = _to_frame(generated, box, rows, columns)
    if mode == "box":
        return picture.with_part(drawn, mask, rows.start, columns.start)
    source = picture.bgr(rows, columns)
    if mode == "feather":
        matched = _match_colour(source, drawn, mask)
        return picture.with_part(matched, mask, rows.start, columns.start)
    inside = mask > 0
    pasted = _poisson(source, drawn, inside)
    return picture.with_part(pasted, inside.astype(np.float32), rows.start, columns.start)
