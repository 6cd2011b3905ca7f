"""Features of a pretrained speech recogniser, one column per mel column.

The network (`wav2lip.media.speech_encoder`) runs on windows at fixed places. A column depends on at most 0.15 s of
sound after it, and neither on the length of the sound nor on how it is divided.
"""

import math

import numpy as np

from wav2lip.media.sample_buffer import SampleBuffer
from wav2lip.media.speech_encoder import (
    BEFORE,
    BLOCK,
    BLOCKS,
    CENTRE,
    KEPT,
    STEP,
    TOKEN,
    WINDOW,
    Convolved,
    convolve,
    encode,
    silent_tokens,
)
from wav2lip.types import HOP, SILENCE, SPEECH_CHANNELS, Mel, Wav

SCALE = -SILENCE  # as the mel's, whose values the networks divide by it


def _place(column: int) -> tuple[int, float]:
    """Return the token before the centre of a mel column, and the share of the one after it."""
    token, rest = divmod(HOP * column - CENTRE, TOKEN)
    return token, rest / TOKEN


def _window_of(token: int) -> int:
    """Return the number of the window that has a token; the first has those before it, too."""
    return max(0, token) // KEPT


def _last_sample(window: int) -> int:
    """Return the number after the last sample of a window."""
    return window * STEP - BEFORE * TOKEN + WINDOW


class SpeechStream:
    """Compute columns of features as soon as the sound that they depend on is known.

    They do not depend on how the sound is divided. A column of digital silence is `SILENCE` in every channel, as in a
    mel. Memory is bounded if columns are discarded.

    Examples:
        >>> import numpy as np
        >>> stream = SpeechStream()
        >>> stream.push(np.zeros(4000, np.float32))
        >>> stream.columns
        12
        >>> stream.finish()
        >>> stream.columns, stream.read(-2, 8).shape
        (21, (288, 10))
    """

    def __init__(self) -> None:
        self._samples = SampleBuffer()
        self._windows: dict[int, Mel] = {}
        self._blocks: dict[int, Convolved] = {}  # of the window that was computed last
        self._first = 0  # number of the first column that may be read
        self._finished = False

    @staticmethod
    def samples(columns: int) -> int:
        """Return how many samples the first columns depend on."""
        if columns <= 0:
            return 0
        return _last_sample(_window_of(_place(columns - 1)[0] + 1))

    @property
    def columns(self) -> int:
        """Number of columns that can be read."""
        if self._finished:
            return 1 + self._samples.stop // HOP
        windows = max(0, (self._samples.stop - _last_sample(0)) // STEP + 1)
        # Column c reads up to token floor((HOP c - CENTRE) / TOKEN) + 1, which must be in one of the windows.
        return math.ceil((CENTRE + (KEPT * windows - 1) * TOKEN) / HOP) if windows else 0

    def push(self, wav: Wav) -> None:
        """Continue with samples (N,) at 16 kHz."""
        self._samples.append(wav)

    def finish(self) -> None:
        """End the sound."""
        self._finished = True

    def read(self, start: int, stop: int) -> Mel:
        """Return columns [start, stop), at most up to `columns` before the sound is finished.

        Args:
            start: may be negative; not before what was discarded.
            stop: number after the last column.

        Returns:
            (288, stop - start); columns before and after the sound are silence.
        """
        found = np.full((SPEECH_CHANNELS, max(0, stop - start)), SILENCE, np.float32)
        first, last = max(start, self._first), min(stop, self.columns)
        if first < last:
            places = [_place(column) for column in range(first, last)]
            lowest, highest = places[0][0], places[-1][0] + 1
            tokens = np.stack([self._token(number) for number in range(lowest, highest + 1)])
            number = np.array([token for token, _ in places]) - lowest
            share = np.array([share for _, share in places], np.float32)[:, None]
            before, after = tokens[number], tokens[number + 1]
            mixed = before + share * (after - before)
            found[:, first - start : last - start] += SCALE * (mixed - silent_tokens()[0]).T
        return found

    def discard(self, before: int) -> None:
        """Forget the columns before a number."""
        if before > self._first:
            self._first = before
            window = _window_of(_place(before)[0])
            self._windows = {n: kept for n, kept in self._windows.items() if n >= window}
            self._samples.discard(_last_sample(window + 1 - BLOCKS) - BLOCK)

    def _token(self, number: int) -> Mel:
        """Return a token (288,); the first one stands for those before it."""
        window = _window_of(number)
        if window not in self._windows:
            self._windows[window] = self._encoded(window)
        found: Mel = self._windows[window][max(0, number) - window * KEPT]
        return found

    def _encoded(self, window: int) -> Mel:
        """Compute the tokens (2, 288) of a window. The next one then needs a single block."""
        numbers = range(window + 1 - BLOCKS, window + 1)
        self._blocks = {n: self._blocks.get(n) or self._convolved(n) for n in numbers}
        return encode(list(self._blocks.values()))

    def _convolved(self, block: int) -> Convolved:
        """Compute the block that ends with a window."""
        stop = _last_sample(block)
        return convolve(self._samples.read(stop - BLOCK, stop))


def speech_features(wav: Wav) -> Mel:
    """Compute the columns of a whole sound.

    Args:
        wav: (N,) float mono at 16 kHz.

    Returns:
        (288, 1 + N // 200).
    """
    stream = SpeechStream()
    stream.push(wav)
    stream.finish()
    return stream.read(0, stream.columns)
