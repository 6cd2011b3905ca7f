"""Resample mono sound that arrives in pieces."""

from fractions import Fraction
from numbers import Integral

import numpy as np
from av import AudioFrame
from av.audio.resampler import AudioResampler

from wav2lip.errors import InputError
from wav2lip.media.rules import MAX_RATE, MIN_RATE
from wav2lip.types import Wav

FEW = 256  # samples at the lower rate; more are longer than the filter


def check_rate(rate: int) -> int:
    """Check a sample rate in Hz.

    Raises:
        InputError: it is out of range.
    """
    if not isinstance(rate, Integral) or not MIN_RATE <= rate <= MAX_RATE:
        raise InputError(
            f"a sample rate of {rate!r:.40} Hz cannot be used; give a whole number from {MIN_RATE} to {MAX_RATE}"
        )
    return int(rate)


class Resampler:
    """Resample as `wav2lip.media.audio.load_wav` does, piece by piece.

    However the sound is divided, the result is the same.

    Args:
        rate: of the sound in Hz.
        target: of the result in Hz.

    Raises:
        InputError: a rate is out of range.

    Examples:
        >>> import numpy as np
        >>> resampler = Resampler(48_000, 16_000)
        >>> len(resampler.push(np.zeros(960, np.float32))) + len(resampler.finish())
        320
    """

    def __init__(self, rate: int, target: int) -> None:
        for value in (rate, target):
            check_rate(value)
        self._rate, self._target, self._same = rate, target, rate == target
        self._resampler = AudioResampler(format="flt", layout="mono", rate=target)
        self._count, self._made = 0, 0  # samples in and out
        self._start: list[Wav] = []  # the samples, while they are few
        self._few = FEW * max(1, -(-rate // target))

    def push(self, samples: Wav) -> Wav:
        """Continue with samples (N,); return those (M,) that they complete."""
        if self._same or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None]), format="flt", layout="mono"
        )
        frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
        frame.pts = self._count
        self._count += len(samples)
        if self._count < self._few:
            self._start.append(samples.copy())
        made = _joined(self._resampler.resample(frame))
        self._made += len(made)
        return made

    def finish(self) -> Wav:
        """End the sound; return the rest."""
        if self._same or not self._count:
            return np.zeros(0, np.float32)
        rest = _joined(self._resampler.resample(None))
        expected = self._count * self._target // self._rate
        if self._made + len(rest) >= expected or self._count >= self._few:
            return rest
        # FFmpeg returns nothing of a sound that is shorter than its filter.
        longer = Resampler(self._rate, self._target)
        whole = longer.push(np.concatenate([*self._start, np.zeros(2 * self._few, np.float32)]))
        return whole[self._made : expected]


def _joined(frames: list[AudioFrame]) -> Wav:
    parts = [np.asarray(frame.to_ndarray()[0], np.float32) for frame in frames]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
