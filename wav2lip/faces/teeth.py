"""Upper teeth for a photo that shows none: painted once, in the axes of the head, where upper teeth stay.

A network that fills one frame at a time draws teeth in some frames and darkness in others, and blurs both. No
photo of closed lips says what is behind them, so these are a model's teeth, in the light of the photo.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.faces.head_pose import UNIT_MM, HeadPose
from wav2lip.faces.mesh import Points
from wav2lip.faces.mouth_patch import COLUMNS, FINE, ROWS, SHIFT, MouthPatch
from wav2lip.faces.texture import crispness
from wav2lip.regions import INNER_LOWER, INNER_UPPER
from wav2lip.types import LUMA_BGR, Image

MM = 1 / UNIT_MM
# From the middle outwards, mm: widths of crowns (Nelson and Ash 2010, Wheeler's dental anatomy, table 1-1), and how
# much shorter than the first they reach down.
WIDTHS = (8.5, 6.5, 7.5, 7.0, 7.0)
SHORTER = (0.0, 0.7, 0.2, 1.0, 1.6)
ARCH = 27.0  # mm, radius of the arch: the tips of the canines are 35 mm apart
CROWN = 11.0  # mm, height
BEHIND = 5.0  # mm, behind the edges of the lips
# mm below the line of the closed lips. By eye: parted lips at rest show about 2 mm, since the upper lip rises.
EDGE = 2.6
ROUND = 0.9  # mm, by which the corners of a crown are shorter than its middle
RIM = 0.84  # of a crown's width and brightness; the rest is the gap between two crowns
CORNERS = np.linspace(-1, 1, 9)  # places along the edge of a crown
DEEP, DEEP_POWER = 0.55, 1.7  # how much darker the last teeth are than the first, and how soon
# By the luma of skin: teeth are brighter, the more the darker it is, and have a part of its colour.
BRIGHT, BRIGHT_POWER, BRIGHTEST, TINT = 1.14, 0.82, 0.93, 0.6
SKIN_ROWS = (10, 50)  # of the patch: above the first and below the second there is skin
SEEN = 80  # percentile of the luma between parted lips, above which there are teeth
FEW = 8  # pixels; so few do not tell the colour
# Of the brightness of teeth: what is drawn below them comes near it, but not beyond; and how much redder a colour gets
# that is dimmed. The tongue lies there, in the shadow. By eye.
BELOW, RED = 0.5, 0.8
# Standard deviation of their edges in a soft and in a sharp photo, pixels of the patch.
SOFT, SHARP = 0.65, 0.3
# The upper lip throws a shadow: brightness at its edge, and pixels of the patch until it is full.
SHADOW, SHADOW_DEPTH = 0.63, 3.0
# So do the cheeks: pixels of the patch beside the corners of the mouth, and the brightness there.
CHEEK, CHEEK_LIGHT = 9.0, 0.45
FADE = 1.5  # from the corner, teeth reach full coverage so many times sooner than full light
LIP = (0.08, 0.58)  # coverage of the opening at which teeth begin to show, and fully do
FAR = 10 * COLUMNS  # px of the patch; no tooth lies further away


@cache
def _crowns() -> NDArray[np.float32]:
    """Outlines of the crowns in mm, the last ones first, each whole and without its rim: (10, 2, N, 3)."""
    crowns = []
    for number in reversed(range(len(WIDTHS))):
        start, width = sum(WIDTHS[:number]), WIDTHS[number]
        for side in (-1, 1):
            outlines = []
            for share in (1.0, RIM):
                along = (start + width / 2 + CORNERS * share * width / 2) / ARCH
                edge = -SHORTER[number] - ROUND * (np.abs(CORNERS) ** 3 + (share < 1))
                across = np.concatenate([along, along[::-1]])
                down = np.concatenate([edge, np.full(len(CORNERS), -CROWN)])
                outlines.append(
                    np.stack(
                        [side * ARCH * np.sin(across), down, ARCH * (1 - np.cos(across))], axis=1
                    )
                )
            crowns.append(outlines)
    return np.array(crowns, np.float32)


def _shades() -> NDArray[np.float32]:
    """Brightness of the crowns (10,) against the first."""
    middles = np.array([sum(WIDTHS[:n]) + WIDTHS[n] / 2 for n in reversed(range(len(WIDTHS)))])
    return np.repeat(1 - DEEP * np.sin(middles / ARCH) ** DEEP_POWER, 2).astype(np.float32)


def _colour(patch: Image, between: Image | None) -> NDArray[np.float32]:
    """Choose the colour (3,) of teeth by the skin around a mouth (72, 96, 3), and by what the lips show (N, 3)."""
    above, below = patch[: SKIN_ROWS[0]], patch[SKIN_ROWS[1] :]
    pixels = np.concatenate([above.reshape(-1, 3), below.reshape(-1, 3)]).astype(np.float32) / 255
    skin = np.median(pixels, axis=0)
    luma = float(skin @ LUMA_BGR)
    chroma = (skin - luma) / max(luma, 1 / 255)
    bright = min(BRIGHTEST, BRIGHT * luma**BRIGHT_POWER)
    usual = np.clip(bright * (1 + TINT * chroma), 0, 1)
    if between is not None and len(between) > FEW:
        lumas = between @ LUMA_BGR
        seen = np.median(between[lumas >= np.percentile(lumas, SEEN)], axis=0) / 255
        if seen @ LUMA_BGR > usual @ LUMA_BGR:
            usual = seen
    return np.asarray(usual, np.float32)


@dataclass(frozen=True)
class Teeth:
    """Upper teeth in the patch of one person.

    Attributes:
        outlines: (10, 2, N, 2) of the crowns and of their bright parts, pixels of the patch at scale 1; those farther
            back come first.
        colour: (3,) BGR in [0, 1].
        softness: standard deviation of their edges, in pixels of the patch.
        parted: whether the photo shows its mouth a little open. What it shows there is then not stretched.
    """

    outlines: NDArray[np.float32]
    colour: NDArray[np.float32]
    softness: float
    parted: bool = False
    _painted: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @classmethod
    def of(
        cls,
        pose: HeadPose,
        closed: Points,
        patch: MouthPatch,
        skin: Image,
        texture: float,
        between: Image | None = None,
    ) -> Self:
        """Place teeth behind closed lips.

        Args:
            pose: of the head.
            closed: (468, 3) the mesh with closed lips, seen from the front.
            patch: of the mouth.
            skin: (72, 96, 3) uint8 BGR, the patch as the photo shows it.
            texture: of the skin, see `wav2lip.faces.texture`.
            between: (N, 3) uint8 BGR, what is seen between lips that are parted; None if they are closed.
        """
        line = (closed[list(INNER_UPPER)] + closed[list(INNER_LOWER)]) / 2
        front = line[len(line) // 2]
        origin = np.array([line[:, 0].mean(), front[1] + EDGE * MM, front[2] + BEHIND * MM])
        placed = pose.place((_crowns().reshape(-1, 3) * MM + origin).astype(np.float32))
        outlines = patch.points(placed).reshape(*_crowns().shape[:3], 2)
        softness = SOFT + (SHARP - SOFT) * crispness(texture)
        return cls(outlines, _colour(skin, between), softness, between is not None)

    @property
    def sound(self) -> bool:
        """Whether the arrays have the shapes and ranges that `of` gives them; those of a file may not."""
        shapes = self.outlines.shape == (*_crowns().shape[:3], 2) and self.colour.shape == (3,)
        return (
            shapes
            and bool(np.abs(self.outlines).max() < FAR and np.isfinite(self.colour).all())
            and SHARP <= self.softness <= SOFT
        )

    def dim(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return colours (h, w, 3) of the inside of the mouth, all darker than these teeth."""
        limit = BELOW * float(self.colour @ LUMA_BGR)
        luma = (drawn @ LUMA_BGR) / max(limit, 1 / 255)
        kept = 1 / np.sqrt(1 + luma * luma)
        others = kept * (1 - RED * (1 - kept))
        return np.asarray(drawn * np.stack([others, others, kept], axis=2), np.float32)

    def paint(self, times: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw the teeth as if no lip hid them.

        Args:
            times: scale of the patch.

        Returns:
            Their coverage and their brightness (72 * times, 96 * times) in [0, 1].
        """
        if times not in self._painted:
            scale = times * max(2, FINE // times)  # drawn larger, for smooth edges
            size = (ROWS * scale, COLUMNS * scale)
            coverage, light = np.zeros(size, np.float32), np.zeros(size, np.float32)
            corners = np.rint(((self.outlines + 0.5) * scale - 0.5) * (1 << SHIFT)).astype(np.int32)
            for shade, (whole, bright) in zip(_shades().tolist(), corners, strict=True):
                cv2.fillPoly(coverage, [whole], 1.0, shift=SHIFT)
                cv2.fillPoly(light, [whole], RIM * shade, shift=SHIFT)
                cv2.fillPoly(light, [bright], shade, shift=SHIFT)
            soft = [
                cv2.resize(
                    cv2.GaussianBlur(drawn, (0, 0), self.softness * scale),
                    (COLUMNS * times, ROWS * times),
                    interpolation=cv2.INTER_AREA,
                )
                for drawn in (coverage, light)
            ]
            self._painted[times] = soft[0], soft[1] / np.maximum(soft[0], 1e-3)
        return self._painted[times]

    def shown(
        self, opening: NDArray[np.float32], times: int, rows: slice, columns: slice
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Show the teeth in an open mouth.

        Args:
            opening: (72, 96) in [0, 1], the inside of the mouth.
            times: scale of the patch.
            rows: h rows of the patch at scale 1 that are wanted.
            columns: w columns.

        Returns:
            Their coverage (h * times, w * times), and their colour (h * times, w * times, 3) in [0, 1].
        """
        open_columns = np.flatnonzero(opening.max(axis=0) > LIP[1])
        if not len(open_columns):
            beside = np.zeros(COLUMNS, np.float32)
        else:
            place = np.arange(COLUMNS)
            distance = np.minimum(place - open_columns[0], open_columns[-1] - place)
            beside = np.clip(distance / CHEEK, 0, 1).astype(np.float32)
        below = np.cumsum(opening, axis=0)
        light = np.minimum(SHADOW + (1 - SHADOW) * below / SHADOW_DEPTH, 1)
        light = light * (CHEEK_LIGHT + (1 - CHEEK_LIGHT) * beside)
        visible = np.clip((opening - LIP[0]) / (LIP[1] - LIP[0]), 0, 1) * np.minimum(
            FADE * beside, 1
        )
        size = ((columns.stop - columns.start) * times, (rows.stop - rows.start) * times)
        light, visible = (
            cv2.resize(np.asarray(m[rows, columns], np.float32), size) for m in (light, visible)
        )
        part = (
            slice(rows.start * times, rows.stop * times),
            slice(columns.start * times, columns.stop * times),
        )
        coverage, shade = (drawn[part] for drawn in self.paint(times))
        return coverage * visible, (shade * light)[..., None] * self.colour
