"""Predicted motion of a long sound, computed when it is asked for."""

import math
from collections import OrderedDict
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wav2lip.media.alignment import MelSource, sample_motion
from wav2lip.types import MEL_RATE, MOTION_COLUMNS, Mel

BLOCK = 64  # steps, 1.6 s
KEPT_BLOCKS = 32  # workers ask for times slightly out of order


class MotionEngine(Protocol):
    """Predict motion (K, ceil(M / 2)) from sound (C, M).

    Attributes:
        reach: steps before and after that a prediction depends on.
    """

    reach: tuple[int, int]

    def motion(self, audio: Mel) -> NDArray[np.float32]: ...


class MotionReader:
    """Serve predicted motion at any time, from bounded memory.

    A step is computed from the mel that it depends on, silence before and after the sound included. So it does not
    depend on the block in which it is computed. Threads may share a reader.

    Args:
        mel: of the sound.
        engine: predicts the motion.
    """

    def __init__(self, mel: MelSource, engine: MotionEngine) -> None:
        self._mel, self._engine = mel, engine
        self._kept: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = Lock()

    def at(self, times: ArrayLike) -> NDArray[np.float32]:
        """Return the coefficients (T, K) at times (T,) in seconds, none before 0."""
        seconds = np.asarray(times, np.float64)
        first = max(0, math.floor(float(seconds.min()) * MEL_RATE / MOTION_COLUMNS) - 1) // BLOCK
        last = (math.ceil(float(seconds.max()) * MEL_RATE / MOTION_COLUMNS) + 1) // BLOCK
        steps = np.concatenate([self._block(number) for number in range(first, last + 1)], axis=1)
        start = first * BLOCK * MOTION_COLUMNS / MEL_RATE
        return sample_motion(steps, seconds - start)

    def _block(self, number: int) -> NDArray[np.float32]:
        """Return steps (K, BLOCK) of a block."""
        with self._lock:
            if number not in self._kept:
                before, after = self._engine.reach
                start = (number * BLOCK - before) * MOTION_COLUMNS
                columns = (before + BLOCK + after) * MOTION_COLUMNS
                mel = self._mel.windows([start / MEL_RATE], columns)[0]
                self._kept[number] = self._engine.motion(mel)[:, before : before + BLOCK]
                if len(self._kept) > KEPT_BLOCKS:
                    self._kept.popitem(last=False)
            return self._kept[number]
