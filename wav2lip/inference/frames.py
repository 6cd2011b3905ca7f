"""The frames to animate, in display order, for as long as the audio lasts.

A video keeps its own frame times. A video that is shorter than the audio plays back and forth: the
clock is reflected at the last frame and at the first, so that no frame is jumped over or doubled.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice

from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.video import Frame


class Playback:
    """Iterate over the frames of a source for `duration` seconds.

    Each frame has the time at which the output shows it, and its index in the source.

    Args:
        source: the face.
        duration: seconds of audio. Frames end within half a frame of it; there is at least one.
        settings: `fps` is the rate of a still; `static` uses only the first frame of a video;
            `resize_factor`, `rotate` and `crop` are applied to every frame.
        problems: receives a line per kind of damage in the source.
    """

    def __init__(
        self,
        source: FrameSource,
        duration: float,
        settings: Settings,
        problems: list[str] | None = None,
    ) -> None:
        self._source, self._duration, self._settings = source, duration, settings
        self._static = settings.static or source.info.is_still
        self.rate: Fraction = settings.rate if source.info.is_still else source.info.fps
        self._problems: list[str] = [] if problems is None else problems

    def __iter__(self) -> Iterator[Frame]:
        source, prepared = None, None
        for number, frame in enumerate(self._endless()):
            if number and frame.time > self._duration - 0.5 / self.rate:
                return
            if source is not frame.source or prepared is None:  # a still is prepared once
                source, prepared = frame.source, self._settings.prepare(frame.picture)
            yield replace(frame, source=prepared)

    def _endless(self) -> Iterator[Frame]:
        """Yield frames as the source has them, without an end."""
        times: list[float] = []
        last: Frame | None = None
        for last in self._source.forwards(self._problems):
            if self._static:
                break
            times.append(last.time)
            yield last
        if last is None:
            return
        if len(times) < 2:
            for number in count(len(times)):
                yield replace(last, time=float(number / self.rate))
        end = times[-1]
        del last
        for lap in count(1):
            if lap % 2:
                backwards = self._source.backwards(times)
                yield from (replace(f, time=(lap + 1) * end - f.time) for f in backwards)
            else:
                # Not read to its end: damage found there has been reported once.
                again = islice(self._source.forwards([]), 1, len(times))
                yield from (replace(f, time=lap * end + f.time) for f in again)
