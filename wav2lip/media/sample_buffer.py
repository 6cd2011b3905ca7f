"""Samples of an endless sound, of which only the last ones are kept."""

import numpy as np

from wav2lip.types import Wav

FIRST_CAPACITY = 16_384  # samples


class SampleBuffer:
    """Keep the last samples of a sound, addressed by their number since its start.

    Attributes:
        start: number of the first sample that is kept.
        stop: number of samples so far.

    Examples:
        >>> import numpy as np
        >>> buffer = SampleBuffer()
        >>> buffer.append(np.arange(5, dtype=np.float32))
        >>> buffer.discard(2)
        >>> buffer.read(1, 6).tolist()
        [0.0, 2.0, 3.0, 4.0, 0.0]
    """

    def __init__(self) -> None:
        self.start = self.stop = 0
        self._memory = np.empty(FIRST_CAPACITY, np.float32)
        self._first = 0  # place of sample `start` in the memory

    def append(self, samples: Wav) -> None:
        """Continue with samples (N,)."""
        kept = self.stop - self.start
        if self._first + kept + len(samples) > len(self._memory):
            needed = kept + len(samples)
            memory = self._memory
            # Twice as much as is needed, so that samples are rarely moved; less again after a burst.
            if not needed <= len(memory) // 2 <= 4 * needed + FIRST_CAPACITY:
                memory = np.empty(max(FIRST_CAPACITY, 2 * needed), np.float32)
            memory[:kept] = self._memory[self._first : self._first + kept].copy()
            self._memory, self._first = memory, 0
        at = self._first + kept
        self._memory[at : at + len(samples)] = samples
        self.stop += len(samples)

    def read(self, start: int, stop: int) -> Wav:
        """Return samples [start, stop); those that are not kept or not there yet are 0."""
        found = np.zeros(max(0, stop - start), np.float32)
        first, last = max(start, self.start), min(stop, self.stop)
        if first < last:
            at = self._first + first - self.start
            found[first - start : last - start] = self._memory[at : at + last - first]
        return found

    def discard(self, before: int) -> None:
        """Forget the samples before a number."""
        step = min(max(0, before - self.start), self.stop - self.start)
        self.start, self._first = self.start + step, self._first + step

    def truncate(self, stop: int) -> None:
        """Forget the samples from a number on."""
        self.stop = max(self.start, min(stop, self.stop))
