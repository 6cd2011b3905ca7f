"""Find the pauses of a sound while it arrives."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.pauses import (
    LOUD_PERCENTILE,
    MIN_PAUSE,
    NEIGHBOURHOOD,
    SILENT_BELOW,
    SMOOTHING,
    levels,
    runs,
    voiced_columns,
)
from wav2lip.media.voice_activity import BLOCK, VoiceActivity
from wav2lip.types import HOP, MEL_RATE, Wav

KEPT = round(NEIGHBOURHOOD * MEL_RATE)  # columns
ALIGNED = 64  # columns of 25 blocks

Pauses = list[tuple[int, int]]


class LivePauses:
    """Find pauses by the rules of `wav2lip.media.pauses.find_pauses`, from the past alone.

    Two things differ from the file's: a column is compared with what was loud in the last 6 seconds, not in 3 seconds
    to either side; and a pause that has begun less than 0.3 s before the newest column does not count yet, except at
    the start of the sound.
    """

    def __init__(self) -> None:
        self._activity = VoiceActivity()
        self._voice = np.zeros(0, np.float32)  # probabilities of blocks
        self._power = np.zeros(0, np.float32)  # of columns
        self._rest = np.zeros(0, np.float32)  # samples of the column that is not yet whole
        self._first = 0  # number of the first column that is kept, a multiple of `ALIGNED`

    def push(self, wav: Wav) -> None:
        """Continue with samples (N,) at 16 kHz."""
        self._voice = np.concatenate([self._voice, self._activity.push(wav)])
        wav = np.concatenate([self._rest, wav])
        rows = wav[: len(wav) // HOP * HOP].reshape(-1, HOP)
        self._power = np.concatenate([self._power, np.einsum("ij,ij->i", rows, rows) / HOP])
        self._rest = wav[rows.size :].copy()

    def find(self, stop: int) -> Pauses:
        """Return the pauses among the last 6 seconds of columns before `stop`.

        Args:
            stop: number after the newest column; what `push` has received reaches about as far.

        Returns:
            Stretches (start, stop) of columns, in order.
        """
        if not len(self._power):  # less than a column
            return [(0, stop)] if stop else []
        self._discard(stop - KEPT)
        columns = stop - self._first
        silent = ~voiced_columns(self._known_voice(columns), columns)
        level = levels(np.pad(self._power, (0, max(0, columns - len(self._power))), mode="edge"))
        silent |= (level < np.percentile(level, LOUD_PERCENTILE) - SILENT_BELOW)[:columns]
        least = MIN_PAUSE * MEL_RATE - (SMOOTHING - 1)
        return [
            (start + self._first, end + self._first)
            for start, end in runs(silent)
            if end - start >= least or start + self._first == 0
        ]

    def _known_voice(self, columns: int) -> NDArray[np.float32]:
        """Return the probabilities of the blocks that reach into the columns; the last one stands for those to come."""
        blocks = -(-columns * HOP // BLOCK)
        missing = max(0, blocks - len(self._voice))
        if not len(self._voice):
            return np.zeros(blocks, np.float32)
        return np.pad(self._voice, (0, missing), mode="edge")[:blocks]

    def _discard(self, before: int) -> None:
        step = (before - self._first) // ALIGNED * ALIGNED
        if step > 0:
            self._first += step
            self._power = self._power[step:]
            self._voice = self._voice[step * HOP // BLOCK :]
