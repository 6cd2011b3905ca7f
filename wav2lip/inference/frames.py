"""The frames to animate, in display order, for as long as the audio lasts.

A video keeps its own frame times. A video that is shorter than the audio plays back and forth: the
clock is reflected at the last frame and at the first, so that no frame is jumped over or doubled.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice

from wav2lip.faces.tracked_frame import TrackedFrame
from wav2lip.inference.settings import Settings
from wav2lip.inference.sources import FrameSource
from wav2lip.media.alignment import CLOCK
from wav2lip.media.rules import HELD, SLOW_FPS
from wav2lip.media.video import Frame, VideoInfo


def output_rate(info: VideoInfo, settings: Settings) -> Fraction:
    """Average frames per second of the output: those of the source unless it is a still or slow."""
    return settings.rate if info.is_still or info.fps < SLOW_FPS else info.fps


def repeat_held(
    frames: Iterable[TrackedFrame], duration: float, settings: Settings, info: VideoInfo
) -> Iterator[TrackedFrame]:
    """Repeat each picture that is shown for long at the rate of a still.

    Long is 1/15 s in a video with fewer than 15 frames per second, and 0.2 s in others.

    Args:
        frames: frames in the order of their times.
        duration: seconds of the output, until which the last frame is shown.
        settings: `fps` is the rate.
        info: the source.

    Yields:
        All frames and their repetitions, with the times at which the output shows them.
    """
    step = float(1 / settings.rate)
    limit = 1 / SLOW_FPS if info.fps < SLOW_FPS else HELD
    last: TrackedFrame | None = None

    def repeated(until: float) -> Iterator[TrackedFrame]:
        if last is not None and until - last.frame.time > limit + CLOCK:
            for number in range(1, math.ceil((until - last.frame.time) / step - 0.5)):
                time = last.frame.time + number * step
                yield replace(last, frame=replace(last.frame, time=time))

    for tracked in frames:
        yield from repeated(tracked.frame.time)
        yield tracked
        last = tracked
    yield from repeated(duration)


class Playback:
    """Iterate over the frames of a source for `duration` seconds.

    Each frame has the time at which the output shows it, and its index in the source.

    Args:
        source: the face.
        duration: seconds of audio. Frames end within half a frame of it; there is at least one.
        settings: `fps` is the rate of a still, of a video with fewer than 15 frames per second, and of
            a picture that is held; `static` uses only the first frame of a video;
            `resize_factor`, `rotate` and `crop` are applied to every frame.
        problems: receives a line per kind of damage in the source.

    Attributes:
        rate: frames per second of the output.
        end: seconds; frames after the first are shown if their time is not above it.
        cut: seconds, the time of the first frame of the source that was not shown; ∞ if all were.
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
        self.rate = output_rate(source.info, settings)
        self.end = float(duration - 0.5 / self.rate)
        self.cut = math.inf
        self._problems: list[str] = [] if problems is None else problems

    def __iter__(self) -> Iterator[Frame]:
        source, prepared, newest = None, None, -1
        for number, frame in enumerate(self._endless()):
            if number and frame.time > self.end:
                self.cut = frame.time if frame.index > newest else math.inf
                return
            newest = max(newest, frame.index)
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
        if 2 * end - times[-2] > self.end:  # the first frame on the way back would not be shown
            return
        del last
        for lap in count(1):
            if lap % 2:
                backwards = self._source.backwards(times)
                yield from (replace(f, time=(lap + 1) * end - f.time) for f in backwards)
            else:
                # Not read to its end: damage found there has been reported once.
                again = islice(self._source.forwards([]), 1, len(times))
                yield from (replace(f, time=lap * end + f.time) for f in again)
