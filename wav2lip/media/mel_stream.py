"""The mel spectrogram of a sound that arrives in pieces."""

import numpy as np

from wav2lip.media.mel import GROUP, N_FFT, magnitudes, preemphasize, scaled_mel
from wav2lip.media.sample_buffer import SampleBuffer
from wav2lip.types import HOP, N_MELS, SILENCE, Mel, Wav

HALF = N_FFT // 2  # samples of a window before and after the centre of its column


class MelStream:
    """Compute mel columns as soon as the 25 ms after their centre are known.

    The columns equal those of `wav2lip.media.mel.mel_spectrogram` of the whole sound to the bit, however the sound is
    divided. Memory is bounded if columns are discarded.

    Examples:
        >>> import numpy as np
        >>> stream = MelStream()
        >>> stream.push(np.zeros(1000, np.float32))
        >>> stream.columns
        4
        >>> stream.finish()
        >>> stream.columns, stream.read(-2, 8).shape
        (6, (80, 10))
    """

    def __init__(self) -> None:
        self._emphasized = SampleBuffer()
        self._previous = np.float32(0)
        self._kept = np.empty((N_MELS, 0), np.float32)
        self._first = 0  # number of the first column that is kept
        self._finished = False

    @staticmethod
    def samples(columns: int) -> int:
        """Return how many samples the first columns depend on."""
        return (columns - 1) * HOP + HALF if columns > 0 else 0

    @property
    def columns(self) -> int:
        """Number of columns that can be read."""
        samples = self._emphasized.stop
        if self._finished:
            return 1 + samples // HOP
        return max(0, (samples - HALF) // HOP + 1)

    def push(self, wav: Wav) -> None:
        """Continue with samples (N,) at 16 kHz."""
        if len(wav):
            self._emphasized.append(preemphasize(wav, self._previous))
            self._previous = wav[-1]

    def finish(self) -> None:
        """End the sound."""
        self._finished = True

    def read(self, start: int, stop: int) -> Mel:
        """Return columns [start, stop), at most up to `columns` before the sound is finished.

        Args:
            start: may be negative; not before what was discarded.
            stop: number after the last column.

        Returns:
            (80, stop - start); columns before and after the sound are silence.
        """
        last = min(stop, self.columns)
        self._compute(last)
        found = np.full((N_MELS, max(0, stop - start)), SILENCE, np.float32)
        first = max(start, self._first)
        if first < last:
            part = self._kept[:, first - self._first : last - self._first]
            found[:, first - start : last - start] = part
        return found

    def discard(self, before: int) -> None:
        """Forget the columns before a number."""
        before = min(before, self._first + self._kept.shape[1])
        if before > self._first:
            self._kept = self._kept[:, before - self._first :].copy()
            self._first = before

    def _compute(self, stop: int) -> None:
        """Compute the columns up to a number, each in its place in its group."""
        done = self._first + self._kept.shape[1]
        if done >= stop:
            return
        begin = done * HOP - HALF
        span = self._emphasized.read(begin, begin + (stop - done - 1) * HOP + N_FFT)
        at = done % GROUP
        spectra = np.pad(magnitudes(span), ((at, 0), (0, 0)))
        self._kept = np.concatenate([self._kept, scaled_mel(spectra)[:, at:]], axis=1)
        self._emphasized.discard(stop * HOP - HALF)
