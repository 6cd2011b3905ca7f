"""Curves over time, drawn as an image."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image

Colour = tuple[int, int, int]  # BGR

WIDTH = 1_600  # px, of a panel
MARGIN = 70  # px left of the curves, for the scale
RIGHT = 10  # px right of them
PANEL = 110  # px, height of the curves
HEAD = 26  # px above them, for the title
FOOT = 24  # px, height of the scale of time
LONG = 100  # seconds from which on times have no decimals
INK: Colour = (40, 40, 40)
FAINT: Colour = (215, 215, 215)
SHADE: Colour = (235, 228, 215)
PAPER: Colour = (255, 255, 255)
FONT, FONT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.45


def draw_text(image: Image, text: str, x: int, y: int, colour: Colour = INK) -> None:
    """Draw ASCII text with its baseline at (x, y)."""
    cv2.putText(image, text, (x, y), FONT, FONT_SIZE, colour, 1, cv2.LINE_AA)


class Panel:
    """Curves over the whole video, with a title and a scale."""

    def __init__(self, title: str, seconds: float, low: float, high: float) -> None:
        self.image = np.full((HEAD + PANEL, WIDTH, 3), PAPER, np.uint8)
        self._seconds, self._low, self._high = max(seconds, 1e-6), low, high
        draw_text(self.image, title, MARGIN, HEAD - 8)

    def _x(self, time: NDArray[np.float64]) -> NDArray[np.int32]:
        width = WIDTH - MARGIN - RIGHT
        return np.rint(MARGIN + time / self._seconds * width).astype(np.int32)

    def _y(self, value: NDArray[np.float64]) -> NDArray[np.int32]:
        share = np.clip((value - self._low) / (self._high - self._low), 0, 1)
        return np.rint(HEAD + (PANEL - 1) * (1 - share)).astype(np.int32)

    def shade(self, spans: list[tuple[float, float]], colour: Colour = SHADE) -> None:
        """Fill stretches of time."""
        for start, stop in spans:
            left, right = self._x(np.array([start, stop])).tolist()
            cv2.rectangle(self.image, (left, HEAD), (right, HEAD + PANEL - 1), colour, -1)

    def scale(self, values: Sequence[float], digits: int) -> None:
        """Draw lines at some values, with their numbers."""
        for value, y in zip(values, self._y(np.array(values)).tolist(), strict=True):
            cv2.line(self.image, (MARGIN, y), (WIDTH - RIGHT, y), FAINT, 1)
            draw_text(self.image, f"{value:.{digits}f}".rjust(6), 8, min(y + 4, HEAD + PANEL - 2))

    def mark(self, times: list[float]) -> None:
        """Draw a vertical line at some times."""
        for x in self._x(np.array(times, np.float64)).tolist():
            cv2.line(self.image, (x, HEAD), (x, HEAD + PANEL - 1), INK, 1)

    def curve(self, time: NDArray[np.float64], value: NDArray[np.float64], colour: Colour) -> None:
        """Draw a curve; it is interrupted where its values are NaN."""
        known = np.isfinite(value)
        breaks = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
        points = np.stack([self._x(time), self._y(np.nan_to_num(value))], axis=1)
        for part, valid in zip(np.split(points, breaks), np.split(known, breaks), strict=True):
            if len(valid) and valid[0]:
                cv2.polylines(self.image, [part], False, colour, 1, cv2.LINE_AA)


def time_scale(seconds: float) -> Image:
    """Draw the scale of time below the last panel."""
    image = np.full((FOOT, WIDTH, 3), PAPER, np.uint8)
    width = WIDTH - MARGIN - RIGHT
    for share in np.linspace(0, 1, 9):
        text = f"{share * seconds:.2f} s" if seconds < LONG else f"{share * seconds:.0f} s"
        x = round(MARGIN + share * width)
        draw_text(image, text, min(x, WIDTH - 70), FOOT - 8)
    return image
