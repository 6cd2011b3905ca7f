"""Paste a generated face into its frame: mask, colour match, blend."""

import math
from typing import Any, Literal, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.faces.crops import Crop
from wav2lip.faces.face_mask import FaceMask
from wav2lip.faces.tint import match_tint
from wav2lip.media.picture import Picture
from wav2lip.types import Image

# The fixed mask, as fractions of the crop; the mask of a face's mesh lies within it. It is 1 over mouth,
# chin and cheeks, and falls to 0 at the sides and bottom of the crop, so that a jaw can open, and between
# the eyes and the tip of the nose.
MASK_CENTRE = 0.73  # height of the mask's centre, about the upper lip
MASK_UP = 0.31  # from the centre to the upper end
MASK_DOWN = 0.27  # from the centre to the lower end
MASK_SIDE = 0.5  # from the centre to either side
MASK_EXPONENT = 3.0  # of the outline: 2 is an ellipse, more is squarer
MASK_CORE = 0.68  # fraction of the way from the centre to the outline; the mask is 1 inside
MASK_MIN = 1 / 255  # values below change no pixel

# The colour match: the difference of generated face and source along the soft edge, spread inwards.
MATCH_GRID = (32, 19)  # px, width and height of the small image on which it is computed
MATCH_SPREAD = 5.0  # px of that image; wider than any feature, so that only lighting is matched
MATCH_MAX = 24.0  # grey levels; a larger difference is not lighting
ROUNDING = 1e-6  # px
ROOM = 4  # px of the generated face above the mask, for the interpolation
MARGIN = 4  # px of frame around the mask for the Poisson solver

Mode = Literal["feather", "box", "poisson"]
MODES: tuple[Mode, ...] = get_args(Mode)


def _even_lines(low: float, high: float, size: int) -> slice:
    """Return the lines from `low` to `high` within a frame of `size`, starting at an even one."""
    low, high = low + ROUNDING, high - ROUNDING
    start = max(0, math.floor(low)) // 2 * 2
    return slice(min(start, size), max(min(start, size), min(size, math.ceil(high / 2) * 2)))


def _part(crop: Crop, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a frame of that height and width that a crop touches."""
    x0, y0, x1, y1 = crop.extent()
    return _even_lines(y0, y1, size[0]), _even_lines(x0, x1, size[1])


def lower_face_mask(
    crop: Crop, size: tuple[int, int], face_mask: FaceMask | None = None
) -> tuple[slice, slice, NDArray[np.float32]]:
    """Compute the feathered mask of the lower face.

    Args:
        crop: where the face is.
        size: the frame's height and width in pixels.
        face_mask: of the face's mesh; None: the mask has a fixed shape.

    Returns:
        The rows and columns of the frame outside which the mask is 0, starting at even ones, and
        the mask there, in [0, 1].
    """
    up, below = (MASK_CENTRE - MASK_UP) * crop.height, (MASK_CENTRE + MASK_DOWN) * crop.height
    rows, columns = _part(crop.band(up, below), size)
    x, y = crop.offsets(rows, columns)
    y = y - (MASK_CENTRE - 0.5) * crop.height
    down = np.abs(y) / np.where(y < 0, MASK_UP * crop.height, MASK_DOWN * crop.height)
    across = np.abs(x) / (MASK_SIDE * crop.width)
    powers = down**MASK_EXPONENT + across**MASK_EXPONENT
    if not powers.size:
        return rows, columns, powers.astype(np.float32)
    outwards = cast(NDArray[np.float32], cv2.pow(powers.astype(np.float32), 1 / MASK_EXPONENT))
    ramp = np.clip((1 - outwards) / np.float32(1 - MASK_CORE), 0, 1)
    mask = ramp * ramp * (3 - 2 * ramp)
    if face_mask is not None:
        mask = np.minimum(mask, face_mask.coverage(crop, rows, columns))
    mask[mask < MASK_MIN] = 0
    return rows, columns, mask


def _box_mask(crop: Crop, size: tuple[int, int]) -> tuple[slice, slice, NDArray[np.float32]]:
    """Compute a mask as `lower_face_mask` does: 1 in every pixel that the crop touches."""
    rows, columns = _part(crop, size)
    x, y = crop.offsets(rows, columns)
    inside = (np.abs(x) < crop.width / 2 + 0.5) & (np.abs(y) < crop.height / 2 + 0.5)
    return rows, columns, inside.astype(np.float32)


def _first_row(crop: Crop, side: int, rows: slice, columns: slice) -> int:
    """Return the first row of a generated square that is read for a part of the frame."""
    corners = [
        crop.offsets(slice(y, y + 1), slice(x, x + 1))[1].item()
        for y in (rows.start, rows.stop)
        for x in (columns.start, columns.stop)
    ]
    row = side * (min(corners) / crop.height + 0.5)
    return max(0, min(math.floor(row) - ROOM, side - 1))


def _to_frame(generated: Image, crop: Crop, rows: slice, columns: slice) -> Image:
    """Resample the generated square (S, S, 3) to those rows and columns of the frame."""
    side = len(generated)
    top = _first_row(crop, side, rows, columns)
    generated = generated[top:]
    side_x, side_y = min(side, math.ceil(crop.width)), len(generated)
    if crop.height < side:
        side_y = math.ceil(side_y * math.ceil(crop.height) / side)
    if (side_y, side_x) != generated.shape[:2]:
        generated = cast(
            Image, cv2.resize(generated, (side_x, side_y), interpolation=cv2.INTER_AREA)
        )
    # The inverse of `cut_face`, pixel centres included, for the part of the face from `top` on.
    part = crop.band(top / side * crop.height, crop.height)
    from_part = part.from_frame(side_x, side_y, columns.start, rows.start)
    target = (columns.stop - columns.start, rows.stop - rows.start)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    resampled = cv2.warpAffine(
        generated, from_part, target, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Image, resampled)


def _match_colour(
    source: Image, generated: Image, mask: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return `generated` (h, w, 3) with the source's lighting, as float.

    A generator is a few grey levels off, which shows as a patch where it meets the source. The
    difference is measured along the soft edge, where both show the same skin.
    """
    small = [
        cv2.resize(picture, MATCH_GRID, interpolation=cv2.INTER_AREA).astype(np.float32)
        for picture in (source, generated)
    ]
    soft = cv2.resize(mask, MATCH_GRID, interpolation=cv2.INTER_AREA)
    weight = (4 * soft * (1 - soft))[..., None]
    off = np.clip(small[0] - small[1], -MATCH_MAX, MATCH_MAX) * weight
    spread = cv2.GaussianBlur(np.dstack([off, weight]), (0, 0), MATCH_SPREAD)
    shift = spread[..., :3] / np.maximum(spread[..., 3:], 1e-4)
    h, w = mask.shape
    shift = cv2.resize(shift, (w, h), interpolation=cv2.INTER_LINEAR)
    return cast(NDArray[np.float32], generated + shift)


def _poisson(source: Image, generated: Image, inside: NDArray[np.bool_]) -> Image:
    """Keep the gradients of `generated` (h, w, 3) and the source's values around `inside`."""
    border = (MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    # OpenCV shifts the result if the mask touches the image's edge, so add a border.
    mask = cv2.copyMakeBorder(
        inside.astype(np.uint8) * 255, *border[:4], cv2.BORDER_CONSTANT, value=0
    )
    x, y, w, h = cv2.boundingRect(mask)
    cloned = cv2.seamlessClone(
        cv2.copyMakeBorder(generated, *border),
        cv2.copyMakeBorder(source, *border),
        mask,
        (x + w // 2, y + h // 2),
        cv2.NORMAL_CLONE,
    )
    return cast(Image, cloned[MARGIN:-MARGIN, MARGIN:-MARGIN])


def paste_face(
    picture: Picture,
    face: Image,
    crop: Crop,
    mode: str = "feather",
    face_mask: FaceMask | None = None,
) -> Picture:
    """Paste a generated face back where it was cut out.

    On a monochrome or tinted face the generated one gets the same tint.

    Args:
        picture: the frame.
        face: (S, S, 3) BGR.
        crop: where it was cut out.
        mode: "feather": mouth, chin and cheeks with a soft edge, lighting matched.
            "poisson": the same region with gradients kept and values from around it; lighting
            follows the noise at the edge, so a video may flicker.
            "box": the whole crop, as published.
        face_mask: of the face's mesh: the region follows its jaw line, and its weight fades the face.
            None: a region of a fixed shape. "box" uses the weight alone.

    Returns:
        A new picture. Outside the pasted region its samples are those of the source.

    Raises:
        InputError: for an unknown mode.
    """
    if mode not in MODES:
        raise InputError(f"unknown blend {mode!r}; choose one of {', '.join(MODES)}")
    weight = np.float32(1 if face_mask is None else face_mask.weight)
    if mode == "box":
        rows, columns, mask = _box_mask(crop, picture.size)
    else:
        rows, columns, mask = lower_face_mask(crop, picture.size, face_mask)
    if not weight or not mask.any():
        return picture
    pasted: NDArray[Any] = _to_frame(face, crop, rows, columns)
    source = picture.bgr(rows, columns)
    if mode == "feather":
        pasted = _match_colour(source, pasted, mask)
    elif mode == "poisson":
        mask = (mask > 0).astype(np.float32)
        pasted = _poisson(source, pasted, mask > 0)
    pasted = match_tint(picture, pasted, rows, columns)
    return picture.with_part(pasted, weight * mask, rows.start, columns.start)
