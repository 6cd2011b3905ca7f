"""A synthetic face with adjustable lips: random appearance, fixed geometry, sub-pixel motion."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from wav2lip.synthetic.appearance import (
    EYES_Y,
    MOUTH_Y,
    Color,
    Floats,
    color,
    draw_background,
    draw_head,
    fill,
    oval,
    random_appearance,
)
from wav2lip.types import Image

BOX_HEIGHT = 0.56  # of a frame's side
FINE = 4  # supersampling of the mouth
GRAINS = 8  # noise images, used in turn
LIP_ACROSS = np.linspace(-1, 1, 17, dtype=np.float32)  # corner to corner
LIP_ARCH = 1 - LIP_ACROSS**2
LIP_BOW = 1 - 0.18 * np.exp(-((LIP_ACROSS / 0.16) ** 2))  # the dent in the upper lip
LIP_INSIDE = (22.0, 16.0, 40.0)  # BGR
TONGUE = (80.0, 70.0, 165.0)  # BGR
TEETH = 0.035  # height of the upper teeth in box heights


@dataclass(frozen=True)
class Pose:
    """Pose of the head in one frame.

    Attributes:
        x: horizontal shift, sides of a frame.
        y: vertical shift, sides of a frame.
        angle: in-plane rotation, radians.
        scale: size relative to the default.
        blink: closure of the eyelids, 0-1.
        light: brightness relative to the default.
    """

    x: float
    y: float
    angle: float
    scale: float
    blink: float
    light: float


class SyntheticFace:
    """A random person; the same for the same seed.

    Args:
        seed: the person.
        size: side of a frame, pixels.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.size = size
        self.unit = BOX_HEIGHT * size  # pixels to 1 of the face plane
        rng = np.random.default_rng((seed, 2))
        self.appearance = random_appearance(rng)
        self._background = draw_background(rng, size)
        self._head = draw_head(rng, self.appearance, size, self.unit)
        noise = rng.normal(0, rng.uniform(1, 3), (GRAINS, size, size, 3))
        self._grains = np.round(noise).astype(np.int16)
        axis = ((np.arange(size) - (size - 1) / 2) / self.unit).astype(np.float32)
        self._x, self._y = axis[None, :], axis[:, None]

    def box(self, pose: Pose) -> Floats:
        """Compute the face box (4,) in pixels: mid-forehead to chin (of the closed mouth), ear to ear."""
        centre = np.array((pose.x, pose.y)) * self.size + self.size / 2
        half = np.array((self.appearance.half_width, 0.5)) * self.unit * pose.scale
        return np.concatenate([centre - half, centre + half]).astype(np.float32)

    def render(self, opening: float, width: float, pose: Pose, index: int = 0) -> Image:
        """Render one frame.

        Args:
            opening: opening of the mouth, 0-1.
            width: width of the mouth, 0-1.
            pose: pose of the head.
            index: number of the frame; selects the grain.

        Returns:
            (size, size, 3) BGR.
        """
        image = self._draw_still(opening, pose)
        if pose.blink > 0:
            self._draw_eyelids(image, pose)
        self._draw_mouth(image, opening, width, pose)
        lit = cv2.convertScaleAbs(image, alpha=pose.light)
        grain = self._grains[index % GRAINS]
        return np.asarray(cv2.add(lit, grain, dtype=cv2.CV_8U), np.uint8)

    def _draw_still(self, opening: float, pose: Pose) -> Image:
        """Render background and head with the jaw dropped: what is below the mouth moves down."""
        cos, sin = math.cos(pose.angle) / pose.scale, math.sin(pose.angle) / pose.scale
        dx = self._x - pose.x * self.size / self.unit
        dy = self._y - pose.y * self.size / self.unit
        x, y = cos * dx + sin * dy, cos * dy - sin * dx
        drop = 0.55 * self.appearance.mouth_gape * opening
        below = np.clip((y - (MOUTH_Y - 0.06)) / (0.5 + drop - MOUTH_Y), 0, 1)
        y -= drop * below * ((np.abs(x) < 1.3 * self.appearance.half_width) & (y < 0.62))
        middle = (self.size - 1) / 2
        head = cv2.remap(
            self._head,
            x * self.unit + middle,
            y * self.unit + middle,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        alpha = cv2.extractChannel(head, 3) * np.float32(1 / 255)
        front = cv2.cvtColor(head, cv2.COLOR_BGRA2BGR)
        return np.asarray(cv2.blendLinear(front, self._background, alpha, 1 - alpha), np.uint8)

    def _place(self, points: Floats, pose: Pose) -> Floats:
        """Map points (..., 2) of the face plane to pixels, with whole numbers at pixel centres."""
        cos, sin = math.cos(pose.angle) * pose.scale, math.sin(pose.angle) * pose.scale
        turned = points @ np.array([[cos, sin], [-sin, cos]], np.float32)
        centre = np.array((pose.x, pose.y)) * self.size + (self.size - 1) / 2
        return (turned * self.unit + centre).astype(np.float32)

    def _draw_eyelids(self, image: Image, pose: Pose) -> None:
        appearance = self.appearance
        lid = color(appearance.skin * 0.75)
        edge = EYES_Y + appearance.eye_ry * 1.3 * (2 * pose.blink - 1)
        for sign in (-1, 1):
            eye = oval(
                sign * appearance.eye_x, EYES_Y, appearance.eye_rx * 1.1, appearance.eye_ry * 1.3
            )
            eye[:, 1] = np.minimum(eye[:, 1], edge)
            fill(image, self._place(eye, pose), lid)

    def _draw_mouth(self, image: Image, opening: float, width: float, pose: Pose) -> None:
        appearance = self.appearance
        pout = 1 + 0.5 * (0.5 - width)  # rounded lips are thicker
        gape = appearance.mouth_gape * opening * LIP_ARCH
        upper, lower = MOUTH_Y - 0.35 * gape, MOUTH_Y + 0.65 * gape
        top = upper - appearance.upper_lip * pout * LIP_ARCH**0.7 * LIP_BOW
        bottom = lower + appearance.lower_lip * pout * LIP_ARCH**0.6
        middle, gloss = (lower + bottom) / 2, 0.1 * appearance.lower_lip * LIP_ARCH
        level, seam = np.full_like(upper, MOUTH_Y), 0.004 * LIP_ARCH
        teeth = np.minimum(upper + TEETH * LIP_ARCH, lower)
        tongue = np.maximum(lower - 0.4 * gape, teeth)
        regions: list[tuple[Floats, Floats, Color]] = [
            (top, level, color(appearance.lip_color * 0.88)),
            (level, bottom, color(appearance.lip_color)),
            (middle - gloss, middle + gloss, color(appearance.lip_color * 1.15 + 8)),
            (upper - seam, lower + seam, LIP_INSIDE),
            (upper, teeth, appearance.teeth_color),
            (tongue, lower, TONGUE),
        ]
        x = LIP_ACROSS * appearance.mouth_half * (0.72 + 0.45 * width)
        outlines = np.empty((len(regions), 2 * len(x), 2), np.float32)
        outlines[:, :, 0] = np.concatenate([x, x[::-1]])
        for outline, (above, under, _) in zip(outlines, regions, strict=True):
            outline[:, 1] = np.concatenate([above, under[::-1]])
        self._paint_fine(image, self._place(outlines, pose), [shade for _, _, shade in regions])

    def _paint_fine(self, image: Image, outlines: Floats, shades: list[Color]) -> None:
        """Fill polygons (N, P, 2) with sub-pixel accuracy: lips are about one pixel thin."""
        corner = np.clip(np.floor(outlines.min((0, 1))).astype(int) - 1, 0, self.size)
        end = np.clip(np.ceil(outlines.max((0, 1))).astype(int) + 2, 0, self.size)
        if (end <= corner).any():
            return
        part = image[corner[1] : end[1], corner[0] : end[0]]
        # Repeat each pixel, then average: pixels without paint keep their value.
        fine = np.repeat(np.repeat(part, FINE, 0), FINE, 1)
        for points, shade in zip((outlines - corner + 0.5) * FINE - 0.5, shades, strict=True):
            fill(fine, points, shade)
        part[:] = cv2.resize(fine, part.shape[1::-1], interpolation=cv2.INTER_AREA)
