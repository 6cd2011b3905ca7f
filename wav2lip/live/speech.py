"""One stretch of speech that is pushed piece by piece, with a clock of its own that starts at 0."""

import math
from dataclasses import dataclass
from fractions import Fraction
from numbers import Integral, Real

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.live.pauses import LivePauses, Pauses
from wav2lip.media.alignment import sample_motion
from wav2lip.media.audio_features import open_stream
from wav2lip.media.pauses import mute_pauses
from wav2lip.media.resampler import Resampler
from wav2lip.media.rules import MAX_RATE, MIN_RATE
from wav2lip.media.sample_buffer import SampleBuffer
from wav2lip.types import FPS, MEL_RATE, MOTION_COLUMNS, SAMPLE_RATE, SILENCE, Mel, Wav

MIN_LOOKAHEAD, MAX_LOOKAHEAD = 0.05, 2.0  # seconds
STILL = 0.5  # seconds without voice after which the mouth rests


@dataclass(frozen=True)
class SpeechSettings:
    """How the sound of a session is read.

    Attributes:
        fps: frames per second.
        sample_rate: of the sound that comes out, in Hz.
        mute_pauses: fade the mel of pauses to silence.
        lookahead: seconds of sound after a frame that its motion depends on, at most; None: as many as the generator
            reads. What lies beyond counts as silence.

    Raises:
        InputError: a value is out of range.
    """

    fps: Fraction = Fraction(FPS)
    sample_rate: int = 48_000
    mute_pauses: bool = True
    lookahead: float | None = None

    def __post_init__(self) -> None:
        whole = isinstance(self.sample_rate, Integral)
        if not whole or not MIN_RATE <= self.sample_rate <= MAX_RATE:
            raise InputError(
                f"sample_rate must be {MIN_RATE} to {MAX_RATE} Hz, not {self.sample_rate}; take 48000"
            )
        if self.lookahead is None:
            return
        number = isinstance(self.lookahead, Real)
        if not number or not MIN_LOOKAHEAD <= self.lookahead <= MAX_LOOKAHEAD:
            raise InputError(
                f"lookahead must be {MIN_LOOKAHEAD:g} to {MAX_LOOKAHEAD:g} seconds, not {self.lookahead}"
            )


@dataclass(frozen=True)
class MotionWindow:
    """The sound from which the motion of some frames is predicted.

    Attributes:
        audio: (C, M), see `wav2lip.media.audio_features`.
        steps: steps of the prediction that precede those of the frames.
        times: (T,) of the frames, in seconds from the first of those steps.
        voiced: (T,) whether there is voice near the frame.
    """

    audio: Mel
    steps: int
    times: NDArray[np.float64]
    voiced: list[bool]

    def coefficients(self, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the coefficients (T, K) of the frames in the motion (K, S) that the sound predicts."""
        return sample_motion(motion[:, self.steps :], self.times)


class Speech:
    """One stretch of speech.

    The motion of a frame equals the file's: it is predicted from the same mel columns, silence before and after the
    stretch included. A window depends on no sound beyond its horizon, however much is there already.

    Args:
        reach: steps of 25 ms before and after that a prediction depends on.
        channels: that the generator reads of a sound, see `wav2lip.media.audio_features`.
        settings: how the sound is read.

    Attributes:
        ended: whether nothing more will be pushed.
    """

    def __init__(self, reach: tuple[int, int], channels: int, settings: SpeechSettings) -> None:
        self._behind, self._ahead = reach
        self._settings = settings
        self.ended = False
        self._rate: int | None = None
        self._to_mel: Resampler | None = None
        self._to_output: Resampler | None = None
        self._wav = SampleBuffer()  # at 16 kHz
        self._sound = SampleBuffer()  # as it comes out
        self._features = open_stream(channels)
        self._pauses = LivePauses()
        self._analysed = 0  # samples at 16 kHz

    @property
    def frames(self) -> int:
        """Number of frames that the sound so far reaches into."""
        rate = self._settings.fps / self._settings.sample_rate
        return math.ceil(self._sound.stop * rate)

    @property
    def pending(self) -> int:
        """Samples of the output that are kept."""
        return self._sound.stop - self._sound.start

    def push(self, wav: Wav, rate: int) -> None:
        """Continue with samples (N,).

        Raises:
            InputError: the rate is out of range.
        """
        if rate != self._rate:
            to_mel, to_output = (
                Resampler(rate, SAMPLE_RATE),
                Resampler(rate, self._settings.sample_rate),
            )
            self._flush()
            self._rate, self._to_mel, self._to_output = rate, to_mel, to_output
        assert self._to_mel is not None
        assert self._to_output is not None
        self._wav.append(self._to_mel.push(wav))
        self._sound.append(self._to_output.push(wav))

    def _flush(self) -> None:
        if self._to_mel is not None and self._to_output is not None:
            self._wav.append(self._to_mel.finish())
            self._sound.append(self._to_output.finish())
        self._rate = self._to_mel = self._to_output = None

    def end(self) -> None:
        """End the stretch; its sound stays."""
        if not self.ended:
            self._flush()
            self.ended = True

    def cut(self, samples: int) -> None:
        """End the stretch after `samples` of the output and forget the rest."""
        self.end()
        self._sound.truncate(samples)
        kept = samples * SAMPLE_RATE // self._settings.sample_rate
        self._wav.truncate(max(self._analysed, kept))

    def heard(self, samples: int) -> bool:
        """Whether so many samples of the output are there."""
        return samples <= self._sound.stop

    def sound(self, start: int, stop: int) -> Wav:
        """Return samples [start, stop) of the output; silence where there is no sound. Those before are forgotten."""
        self._sound.discard(start)
        return self._sound.read(start, stop)

    def _time(self, frame: int) -> float:
        return float(frame / self._settings.fps)

    def horizon(self, frame: int) -> tuple[int, int, int]:
        """Return the first and last step that a frame's motion is read from, and the number of mel columns needed."""
        time = self._time(frame)
        place = (MEL_RATE * time - (MOTION_COLUMNS - 1) / 2) / MOTION_COLUMNS
        first = max(0, math.floor(place))
        last = max(0, math.floor(place) + 1)
        columns = MOTION_COLUMNS * (last + self._ahead + 1)
        if self._settings.lookahead is not None:
            seconds = time + self._settings.lookahead - self._features.samples(1) / SAMPLE_RATE
            columns = max(1, min(columns, math.floor(seconds * MEL_RATE) + 1))
        return first, last, columns

    def known(self, frame: int) -> bool:
        """Whether all is known that the motion of a frame depends on."""
        return self.ended or self._features.samples(self.horizon(frame)[2]) <= self._wav.stop

    def window(self, frame: int, count: int) -> MotionWindow:
        """Return what the motion of `count` frames from `frame` on is predicted from; each must be known.

        Frames must not be asked for again.
        """
        first, _, _ = self.horizon(frame)
        _, last, columns = self.horizon(frame + count - 1)
        self._analyse(self._features.samples(columns))
        start = MOTION_COLUMNS * (first - self._behind)
        stop = MOTION_COLUMNS * (last + self._ahead + 1)
        known = min(columns, stop)
        audio = self._features.read(start, known)
        pauses: Pauses = []
        total = min(known, self._features.columns)
        if self._settings.mute_pauses:
            pauses = self._pauses.find(total)
            audio = mute_pauses(audio, pauses, start, total)
        if stop > known:
            audio = np.pad(audio, ((0, 0), (0, stop - known)), constant_values=SILENCE)
        self._features.discard(start)
        numbers = range(frame, frame + count)
        times = np.array([self._time(n) for n in numbers]) - first * MOTION_COLUMNS / MEL_RATE
        voiced = [self._voiced(number, pauses, total) for number in numbers]
        return MotionWindow(np.ascontiguousarray(audio), self._behind, times, voiced)

    def _analyse(self, samples: int) -> None:
        """Compute mel and voice of the samples up to a number, no further."""
        stop = min(samples, self._wav.stop)
        wav = self._wav.read(self._analysed, stop)
        self._features.push(wav)
        if self._settings.mute_pauses:
            self._pauses.push(wav)
        self._analysed = max(self._analysed, stop)
        self._wav.discard(self._analysed)
        if self.ended and self._analysed == self._wav.stop:
            self._features.finish()

    def _voiced(self, frame: int, pauses: Pauses, total: int) -> bool:
        """Whether a frame, or what moves its mouth, lies outside of pauses."""
        if not self._settings.mute_pauses:
            return True
        start = max(0, math.floor((self._time(frame) - STILL) * MEL_RATE))
        stop = min(self.horizon(frame)[2], total)
        return start < stop and not any(a <= start and stop <= b for a, b in pauses)
