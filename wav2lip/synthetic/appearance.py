"""Appearance of a synthetic person without the mouth: background, hair, shoulders, skin, eyes.

Coordinates are in the face plane: x right, y down, (0, 0) the centre of the face box, 1 its height.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image

Floats = NDArray[np.float32]
Color = tuple[float, ...]

EYES_Y, NOSE_Y, MOUTH_Y = -0.17, 0.10, 0.27
SUPERSAMPLE = 2  # of the static layers
SUBPIXEL = 4  # bits of fraction in OpenCV's drawing
SKINS = ((150, 180, 225), (120, 155, 205), (95, 130, 185), (70, 100, 150), (45, 65, 105))  # BGR
BEARDED = 0.3  # share of people
SMOOTH_SKINNED = 0.5  # share of people


def color(values: Floats | NDArray[np.float64]) -> Color:
    """Convert BGR (3,) to a colour for OpenCV."""
    return tuple(float(v) for v in np.clip(values, 0, 255))


def fill(image: Image, points: Floats, shade: Color) -> None:
    """Fill a polygon (N, 2) with soft edges; pixels have whole numbers at their centres."""
    fixed = np.round(points * (1 << SUBPIXEL)).astype(np.int32)
    cv2.fillPoly(image, [fixed], shade, lineType=cv2.LINE_AA, shift=SUBPIXEL)


def oval(cx: float, cy: float, rx: float, ry: float, power: float = 2.0) -> Floats:
    """Compute the outline (64, 2) of a superellipse; a power above 2 makes it squarer."""
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    x = cx + rx * np.sign(cos) * np.abs(cos) ** (2 / power)
    y = cy + ry * np.sign(sin) * np.abs(sin) ** (2 / power)
    return np.stack([x, y], 1).astype(np.float32)


def _clouds(rng: np.random.Generator, side: int, cells: int) -> Floats:
    """Smooth noise (side, side) with mean near 0 and `cells` bumps across."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.float32)


@dataclass(frozen=True)
class Appearance:
    """Features of one person; lengths in the face plane, colours BGR (3,)."""

    half_width: float
    skin: Floats
    hair: Floats
    mouth_half: float  # half the width of the closed mouth
    mouth_gape: float  # height of the widest opening
    upper_lip: float
    lower_lip: float
    lip_color: Floats
    teeth_color: Color
    eye_x: float
    eye_rx: float
    eye_ry: float


def random_appearance(rng: np.random.Generator) -> Appearance:
    """Draw a random person."""
    skin = np.array(SKINS[rng.integers(len(SKINS))]) + rng.uniform(-14, 14, 3)
    lipstick = rng.uniform() ** 2
    lip = skin * (0.72, 0.66, 0.86) * (1 - lipstick) + lipstick * np.array((60, 45, 190))
    return Appearance(
        half_width=float(rng.uniform(0.36, 0.42)),
        skin=np.clip(skin, 20, 245).astype(np.float32),
        hair=(np.array((40, 70, 110)) * rng.uniform(0.15, 1.6)).astype(np.float32),
        mouth_half=float(rng.uniform(0.125, 0.165)),
        mouth_gape=float(rng.uniform(0.13, 0.19)),
        upper_lip=float(rng.uniform(0.022, 0.034)),
        lower_lip=float(rng.uniform(0.030, 0.046)),
        lip_color=lip.astype(np.float32),
        teeth_color=color(rng.uniform(195, 240) * np.array((0.93, 1.0, 1.0))),
        eye_x=float(rng.uniform(0.17, 0.20)),
        eye_rx=float(rng.uniform(0.050, 0.068)),
        eye_ry=float(rng.uniform(0.024, 0.036)),
    )


def draw_background(rng: np.random.Generator, size: int) -> Image:
    """Draw an out-of-focus background (size, size, 3) BGR: a colour ramp, clouds and rectangles."""
    ramp = np.linspace(0, 1, size)[:, None, None]
    image = rng.uniform(20, 220, 3) * ramp + rng.uniform(20, 220, 3) * (1 - ramp)
    image = np.repeat(image, size, 1) + rng.uniform(5, 25) * _clouds(rng, size, 5)[..., None]
    picture = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 5))):
        corner = rng.integers(0, size, 2)
        far = corner + rng.integers(size // 8, size // 2, 2)
        shade = color(rng.uniform(20, 230, 3))
        cv2.rectangle(picture, corner.tolist(), far.tolist(), shade, cv2.FILLED)
    blur = float(rng.uniform(0.005, 0.026)) * size
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8)


def draw_head(rng: np.random.Generator, appearance: Appearance, size: int, unit: float) -> Image:
    """Draw a head (size, size, 4) BGRA with the origin of the face plane in the middle, at `unit` pixels per 1."""
    side, unit = size * SUPERSAMPLE, unit * SUPERSAMPLE
    w, dark, hair = appearance.half_width, color(appearance.skin * 0.7), color(appearance.hair)
    image = np.zeros((side, side, 3), np.uint8)
    alpha, mask = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)

    def paint(points: Floats, shade: Color, *covers: Image) -> None:
        pixels = points * unit + (side - 1) / 2
        fill(image, pixels, shade)
        for cover in covers:
            fill(cover, pixels, (255.0,))

    paint(oval(0, 1.05, 0.95, 0.48, 2.6), color(rng.uniform(20, 220, 3)), alpha)  # shoulders
    paint(oval(0, 0.5, w * 0.62, 0.35, 3.0), dark, alpha)  # neck
    fall = float(rng.choice((0.0, 0.25, 0.5)))
    crown = float(rng.uniform(0.5, 0.7))
    paint(oval(0, fall - 0.25, w * 1.16, crown + fall * 0.4, 2.4), hair, alpha)
    for sign in (-1, 1):
        paint(oval(sign * w * 0.98, -0.06, 0.055, 0.12), dark, alpha)  # ears
    paint(
        oval(0, -0.12, w, 0.62, float(rng.uniform(2.0, 2.5))), color(appearance.skin), alpha, mask
    )
    paint(oval(0, -0.69, w * 0.85, 0.16), hair)  # fringe
    axis = ((np.arange(side) - (side - 1) / 2) / unit).astype(np.float32)
    x, y = axis[None, :], axis[:, None]
    if rng.random() < BEARDED:
        ring = np.clip(1.3 - np.hypot(x / (w * 0.95), (y - 0.36) / 0.27), 0, 1)
        fur = ring * rng.uniform(0.4, 0.9) * (0.9 + 0.2 * _clouds(rng, side, side // 3))
        fur = (np.clip(fur, 0, 1) * (mask > 0))[..., None]
        image[:] = (image * (1 - fur) + appearance.hair * fur).astype(np.uint8)
    iris = color(rng.uniform(30, 130, 3))
    brow_y, tilt = EYES_Y - float(rng.uniform(0.085, 0.12)), float(rng.uniform(-0.2, 0.3))
    rx, ry = appearance.eye_rx, appearance.eye_ry
    for sign in (-1, 1):
        cx = sign * appearance.eye_x
        paint(oval(cx, EYES_Y - 0.005, rx * 1.35, ry * 1.9), dark)
        paint(oval(cx, EYES_Y, rx, ry), (225.0, 228.0, 230.0))
        paint(oval(cx, EYES_Y, ry * 0.95, ry * 0.95), iris)
        paint(oval(cx, EYES_Y, ry * 0.45, ry * 0.45), (15.0, 15.0, 15.0))
        brow = oval(cx, brow_y, rx * 1.45, 0.018)
        brow[:, 1] += tilt * np.abs(brow[:, 0] - cx)
        paint(brow, color(appearance.hair * 0.8))
        paint(oval(sign * 0.035, NOSE_Y + 0.015, 0.02, 0.011), dark)  # nostrils
    bridge = np.array([[-0.02, -0.12], [0.0, -0.12], [0.015, 0.07], [-0.055, 0.09]], np.float32)
    paint(bridge, color(appearance.skin * 0.86))
    lit = image.astype(np.float32)
    if rng.random() < SMOOTH_SKINNED:
        lit = 0.35 * lit + 0.65 * cv2.GaussianBlur(lit, (0, 0), 0.012 * unit)
    # Light from one side on a rounded head, and uneven skin.
    towards = rng.uniform((-1.0, -0.6), (1.0, 0.2))
    relief = 1 + 0.28 * (towards[0] * x / w + towards[1] * y) - 0.35 * (x / w) ** 2 * (y < 0.5)
    relief = np.clip(relief, 0.35, 1.4) * (1 + 0.03 * _clouds(rng, side, 24))
    lit = np.clip(lit * relief[..., None], 0, 255).astype(np.uint8)
    layer = np.dstack([lit, cv2.GaussianBlur(alpha, (0, 0), 1.0)])
    return np.asarray(cv2.resize(layer, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
