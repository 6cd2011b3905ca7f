"""How long a session's blocks take to render, and how early they must be begun."""

import math
import time
from fractions import Fraction

from wav2lip.live.block import Block

MAX_LEAD = 25  # frames
SMOOTH = 0.2  # weight of the newest block


class RenderTime:
    """Measures the time from the plan of a block to its pictures.

    Args:
        fps: frames per second.
    """

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        self._begun: dict[int, float] = {}  # first frame of a block -> when it was begun
        self._seconds: float | None = None  # of a block

    def begin(self, block: Block) -> None:
        """Say that a block is rendered from now on."""
        self._begun[block.numbers[0]] = time.monotonic()

    def end(self, block: Block) -> int:
        """Return how many frames pass while a block is rendered, now that one is ready."""
        now = time.monotonic()
        seconds = now - self._begun.pop(block.numbers[0], now)  # `clear` may have replaced it
        before = seconds if self._seconds is None else self._seconds
        self._seconds = before + SMOOTH * (seconds - before)
        return min(max(1, math.ceil(self._seconds * self._fps)), MAX_LEAD)
