"""Where the frames of a face come from: a file, or arrays. Each can be read forwards and backwards."""

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from wav2lip.errors import InputError
from wav2lip.media.colour import BT709
from wav2lip.media.container import decode, open_media, start_time, video_stream
from wav2lip.media.converter import Converter
from wav2lip.media.rules import STILL_FPS
from wav2lip.media.video import Frame, VideoInfo, probe, read_frames
from wav2lip.types import Image, PathLike

HELD_BYTES = 48 * 2**20  # of decoded pictures kept to reverse their order
MIN_HELD = 8  # frames kept, whatever their size
EARLIER = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds before the target from which a run is decoded
SEEK_MARGIN = 4  # frames; the first few after a seek may lack what they refer to
COLORS = ("bgr", "rgb")

Face: TypeAlias = PathLike | Image | Iterable[Image]


class FrameSource(Protocol):
    """A still or a video that can be played forwards and backwards."""

    info: VideoInfo
    path: Path | None  # None: not a file
    replayable: bool  # whether `forwards` may be called again

    def forwards(self, problems: list[str]) -> Iterator[Frame]:
        """Yield every frame with its own time; `problems` receives a line per kind of damage."""
        ...

    def backwards(self, times: list[float]) -> Iterator[Frame]:
        """Yield the frames from the last but one to the first; `times` are those of all frames."""
        ...


class ReversedVideo:
    """The frames of a video from the last but one to the first.

    Seeks, decodes a run of frames and reverses it. Memory is bounded by `HELD_BYTES`, whatever the
    length. A file in which seeking does not lead to the same frames, or whose clock jumps, is decoded
    from its start for every run: slow, but right.

    Args:
        info: the video.
        times: seconds of each of its frames.
    """

    def __init__(self, info: VideoInfo, times: list[float]) -> None:
        self._info, self._times = info, times
        picture = info.width * info.height * 3 // 2  # bytes of 8-bit 4:2:0
        self._run = max(MIN_HELD, HELD_BYTES // max(1, picture))
        self._seekable = True
        self._earlier: tuple[float, ...] = EARLIER
        with open_media(info.path) as container:
            self._zero = start_time(container)

    def __iter__(self) -> Iterator[Frame]:
        for stop in range(len(self._times) - 1, 0, -self._run):
            start = max(0, stop - self._run)
            found = self._found(start, stop) if self._seekable else {}
            if len(found) == stop - start:
                converter = Converter((self._info.width, self._info.height))
                for index in range(stop - 1, start - 1, -1):
                    source = converter.convert(found.pop(index))
                    yield Frame(source, self._times[index], index, self._info.colours)
            else:
                self._seekable = False
                run = list(islice(read_frames(self._info.path), start, stop))
                yield from reversed(run)

    def _found(self, start: int, stop: int) -> dict[int, Any]:
        """Decode the pictures [start, stop) by index; some are missing if seeking fails."""
        found: dict[int, Any] = {}
        for earlier in self._earlier:
            found = self._decode(start, stop, earlier)
            if len(found) == stop - start:
                # Seeks of MPEG-TS lead behind their target: the next one begins where this one succeeded.
                self._earlier = self._earlier[self._earlier.index(earlier) :]
                break
        return found

    def _decode(self, start: int, stop: int, earlier: float) -> dict[int, Any]:
        """Decode after a seek that leads `earlier` seconds before what is wanted."""
        found: dict[int, Any] = {}
        with open_media(self._info.path) as container:
            stream = video_stream(container)
            if stream is None:
                return found
            stream.thread_type = "NONE"
            target = self._times[max(0, start - SEEK_MARGIN)] - earlier
            try:
                if target > 0:  # else the file is read from its start
                    ticks = round((target + self._zero) / stream.time_base)
                    container.seek(ticks, stream=stream)
            except OSError:
                return found
            for picture in decode(container, stream):
                if picture.pts is None:
                    return found
                time = float(picture.pts * picture.time_base) - self._zero
                index = bisect_left(self._times, time)
                if index == len(self._times):  # beyond the end: the clock of the file jumps
                    return {}
                if index >= stop and stop < len(self._times) - 1:
                    break
                if start <= index < stop and self._times[index] == time:
                    found[index] = picture
        return found


class FileSource:
    """A photo or video file.

    Raises:
        InputError: the file has no picture.
    """

    def __init__(self, path: PathLike) -> None:
        self.info = probe(path)
        self.path: Path | None = self.info.path
        self.replayable = True
        self._reversed: ReversedVideo | None = None

    def forwards(self, problems: list[str]) -> Iterator[Frame]:
        return read_frames(self.info.path, problems)

    def backwards(self, times: list[float]) -> Iterator[Frame]:
        if self._reversed is None:
            self._reversed = ReversedVideo(self.info, times)
        return iter(self._reversed)


class ArraySource:
    """Frames in memory, or from an iterator that is read once and never held as a whole.

    Args:
        frames: (H, W, 3) uint8 each, all of one size.
        color: "bgr" or "rgb".
        fps: frames per second, None for a still.

    Raises:
        InputError: there is no frame, or the first one is not such an array. The others are
            checked as they are read.
    """

    def __init__(self, frames: Iterable[Image], color: str, fps: float | None) -> None:
        self._color = color
        self._frames: Sequence[Image] | None = frames if isinstance(frames, Sequence) else None
        self.replayable = self._frames is not None
        self._once = iter(frames)
        first = next(self._once, None)
        if first is None:
            raise InputError("face: contains no frame; pass at least one")
        self._size = np.shape(first)
        self._check(first, 0)
        self._once = chain([first], self._once)
        height, width = self._size[:2]
        rate = STILL_FPS if fps is None else Fraction(fps).limit_denominator(1001) or Fraction(fps)
        length = None if fps is None else 0.0  # unknown; nothing here depends on it
        self.path: Path | None = None
        self.info = VideoInfo(
            Path("face"), width, height, rate, length, False, 0, fps is None, BT709, Fraction(1)
        )

    def forwards(self, problems: list[str]) -> Iterator[Frame]:
        for index, image in enumerate(self._once if self._frames is None else self._frames):
            yield self._frame(image, index)

    def backwards(self, times: list[float]) -> Iterator[Frame]:
        if self._frames is None:
            raise InputError(
                f"face: the iterator ends after {len(times)} frames, before the audio; pass a list, "
                "which plays back and forth"
            )
        for index in range(len(times) - 2, -1, -1):
            yield self._frame(self._frames[index], index)

    def _frame(self, image: Image, index: int) -> Frame:
        self._check(image, index)
        bgr = np.ascontiguousarray(image[..., ::-1] if self._color == "rgb" else image)
        return Frame(bgr, float(index / self.info.fps), index)

    def _check(self, image: Any, index: int) -> None:
        shape = np.shape(image)
        if (
            not isinstance(image, np.ndarray)
            or image.dtype != np.uint8
            or len(shape) != 3
            or shape[2] != 3
        ):
            kind = f"{getattr(image, 'dtype', type(image).__name__)} {shape}"
            raise InputError(f"face, frame {index}: must be a uint8 array (H, W, 3), not {kind}")
        if shape != self._size:
            raise InputError(f"face, frame {index}: has the shape {shape}, the first {self._size}")


def open_face(face: Face, color: str | None = None, fps: float | None = None) -> FrameSource:
    """Open the face to animate.

    Args:
        face: a photo or video file, a still (H, W, 3) uint8, or frames: (T, H, W, 3) or an iterable
            of (H, W, 3).
        color: channel order of arrays, "bgr" or "rgb". Required for arrays, refused for files.
        fps: frames per second of an iterable of frames. Required for these, refused otherwise.

    Raises:
        InputError: not such a face, or `color` or `fps` does not fit it.
    """
    if isinstance(face, str | os.PathLike):
        if color is not None or fps is not None:
            raise InputError(f"{face}: color and fps are for arrays; leave them out for a file")
        return FileSource(face)
    if color not in COLORS:
        raise InputError(
            f'face: give the channel order of the array, color="rgb" or color="bgr" (not {color!r})'
        )
    still = isinstance(face, np.ndarray) and face.ndim == 3
    if still and fps is not None:
        raise InputError("face: fps is for a sequence of frames; for a still set Settings(fps=...)")
    if not still and (fps is None or not 0 < fps < float("inf")):
        raise InputError(f"face: give the frame rate of the frames, fps=25 for example (not {fps})")
    if isinstance(face, np.ndarray):
        return ArraySource([face] if still else list(face), color, fps)
    return ArraySource(face, color, fps)
