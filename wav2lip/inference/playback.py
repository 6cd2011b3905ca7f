"""The face's frames in the order in which they are shown, for as long as the sound lasts.

A video keeps its own frame times. One that is shorter than the sound plays back and forth: the
clock is reflected at the last frame and at the first, so there is no jump and no doubled frame.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import count, islice
from typing import Any

from wav2lip.media.container import decode, open_media, start_time, video_stream
from wav2lip.media.picture import Converter
from wav2lip.media.video import TURNS, CodedFrame, VideoInfo, read_coded

HELD_BYTES = 48 * 2**20  # coded pictures kept in order to turn them round
LEAST_HELD = 8  # frames, however large
SEEK_MARGIN = 4  # frames; the first few after a seek may lack what they refer to


class Reverse:
    """Reads a video backwards, a run of frames at a time: seek, decode the run, turn it round.

    Memory is bounded by HELD_BYTES whatever the length. A file in which seeking does not lead to
    the same frames is decoded from its start for every run: slow, but right.
    """

    def __init__(self, info: VideoInfo, times: list[float]) -> None:
        self._info, self._times = info, times
        picture = info.width * info.height * 3 // 2  # bytes of 8-bit 4:2:0
        self._run = max(LEAST_HELD, HELD_BYTES // max(1, picture))
        self._seekable = True
        with open_media(info.path) as container:
            self._zero = start_time(container)

    def __iter__(self) -> Iterator[CodedFrame]:
        """Frames from the last but one to the first, with their own times."""
        for stop in range(len(self._times) - 1, 0, -self._run):
            start = max(0, stop - self._run)
            found = self._decode(start, stop) if self._seekable else {}
            if len(found) == stop - start:
                converter, turn = Converter(), TURNS.get(self._info.rotation)
                for index in range(stop - 1, start - 1, -1):
                    picture = converter.picture(found.pop(index))
                    picture = picture if turn is None else picture.turned(turn)
                    yield CodedFrame(picture, self._times[index], index)
            else:
                self._seekable = False
                run = list(islice(read_coded(self._info.path), start, stop))
                yield from reversed(run)

    def _decode(self, start: int, stop: int) -> dict[int, Any]:
        """The coded pictures [start, stop) by index; some are missing where seeking fails."""
        found: dict[int, Any] = {}
        with open_media(self._info.path) as container:
            stream = video_stream(container)
            if stream is None:
                return found
            stream.thread_type = "NONE"
            target = self._times[max(0, start - SEEK_MARGIN)] + self._zero
            try:
                container.seek(round(target / stream.time_base), stream=stream)
            except OSError:
                return found
            for picture in decode(container, stream):
                if picture.pts is None:
                    return found
                time = float(picture.pts * picture.time_base) - self._zero
                index = bisect_left(self._times, time)
                if index >= stop:
                    break
                if index >= start and self._times[index] == time:
                    found[index] = picture
        return found


class Playback:
    """Frames of `info.path` for `duration` seconds; iterating yields them with the time at which
    they are shown and the index that they have in the file.

    rate: frames a second of a still, or of a video of which only the first frame is used.
    problems: receives a line for each kind of damage met.
    """

    def __init__(
        self,
        info: VideoInfo,
        duration: float,
        *,
        rate: Fraction,
        static: bool = False,
        problems: list[str] | None = None,
    ) -> None:
        self._info, self._duration = info, duration
        self._static = static or info.is_still
        self.rate = rate if info.is_still else info.fps
        self._problems: list[str] = [] if problems is None else problems

    def __iter__(self) -> Iterator[CodedFrame]:
        """Frames until `duration` is reached to within half a frame, at least one."""
        for number, frame in enumerate(self._forever()):
            if number and frame.time > self._duration - 0.5 / self.rate:
                return
            yield frame

    def _forever(self) -> Iterator[CodedFrame]:
        times: list[float] = []
        last: CodedFrame | None = None
        for last in read_coded(self._info.path, self._problems):
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
        back = Reverse(self._info, times)
        del last
        for lap in count(1):
            if lap % 2:
                yield from (replace(f, time=(lap + 1) * end - f.time) for f in back)
            else:
                # Not read to its end: damage found there has been reported once.
                again = islice(read_coded(self._info.path), 1, len(times))
                yield from (replace(f, time=lap * end + f.time) for f in again)
