"""Read videos and stills: probe a file, stream its frames, read an image. `writer.py` writes videos.

Frames are read as they are to be displayed: upright, alpha over white, colours converted by the
matrix and range of the file (BT.601 and limited range if it has no tags, as FFmpeg assumes).
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.media.colour import BT709, Colours, colours_of
from wav2lip.media.container import (
    audio_stream,
    check_file,
    decode,
    open_media,
    stated_duration,
    video_stream,
)
from wav2lip.media.frame import Frame
from wav2lip.media.picture import Converter
from wav2lip.media.rules import MAX_FPS, MIN_FPS, MISSING
from wav2lip.media.timeline import TrackClock
from wav2lip.media.writer import VideoWriter

__all__ = [
    "Colours",
    "Frame",
    "VideoInfo",
    "VideoWriter",
    "probe",
    "read_frames",
    "read_image",
]

STANDARD = (24, 25, 30, 48, 50, 60, 120)  # frames per second, each also times 1000/1001
SNAP = 1e-3  # relative; a measured rate so near to a standard rate is rounded to it
STILL_FPS = Fraction(25)  # default rate of a still
TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*")  # first bytes
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VideoInfo:
    """Properties of a video or still.

    Attributes:
        path: the file.
        width: pixels as displayed, after rotation.
        height: pixels as displayed, after rotation.
        fps: average frames per second; 25 for a still.
        duration: seconds; None for a still.
        has_audio: whether the file has a sound track.
        rotation: degrees counter-clockwise that reading applies: 0, 90, 180 or 270.
        is_still: whether the file is an image.
        colours: colour tags.
        pixel_aspect: width of a pixel over its height, as displayed.
    """

    path: Path
    width: int
    height: int
    fps: Fraction
    duration: float | None
    has_audio: bool
    rotation: int
    is_still: bool
    colours: Colours
    pixel_aspect: Fraction


def _is_still(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head.startswith(SIGNATURES) or (head[:4] == b"RIFF" and head[8:] == b"WEBP")


def _over_white(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Composite BGRA (H, W, 4) over white: BGR (H, W, 3)."""
    alpha = image[..., 3:].astype(np.uint16)
    mixed = image[..., :3] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a still: jpg, png, webp, bmp or tiff.

    Args:
        path: the file.

    Returns:
        (H, W, 3) BGR uint8, upright by its EXIF tag, with transparency over white.

    Raises:
        InputError: The file is missing, a directory, or not a readable image.
    """
    path = check_file(path)
    data = np.frombuffer(path.read_bytes(), np.uint8)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if image is not None and not (image.ndim == 3 and image.shape[2] == 4):
            image = cv2.imdecode(data, cv2.IMREAD_COLOR)  # applies the EXIF rotation
        elif image is not None:
            if image.dtype == np.uint16:
                image = (image // 257).astype(np.uint8)
            image = _over_white(image)
    except cv2.error as error:
        raise InputError(f"{path}: the image is damaged; give another") from error
    if image is None:
        raise InputError(f"{path}: not a readable image; give a jpg, png, webp or bmp")
    return np.ascontiguousarray(image, np.uint8)


def _snap(rate: Fraction) -> Fraction:
    """Round a rate to the nearest standard rate within 0.1 %, else to a small denominator."""
    standard = [Fraction(n) for n in STANDARD] + [Fraction(n * 1000, 1001) for n in STANDARD]
    nearest = min(standard, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) <= SNAP * rate else rate.limit_denominator(1001)


def _measure(path: Path) -> tuple[Fraction, float]:
    """Average fps and duration in seconds by the times of the packets, for wrong headers."""
    with open_media(path) as container:
        stream: Any = video_stream(container)
        packets = container.demux(stream)
        clock = TrackClock(path)
        times = sorted(
            clock(float(p.pts * p.time_base)) for p in packets if p.pts is not None and p.size
        )
        if len(times) < 2 or times[-1] == times[0]:
            return STILL_FPS, float(1 / STILL_FPS)
        span = Fraction(times[-1] - times[0]).limit_denominator(1_000_000)
    step = span / (len(times) - 1)
    return _snap(1 / step), float(span + step)


def probe(path: str | os.PathLike[str]) -> VideoInfo:
    """Read the properties of a video or still.

    Decodes one frame; the whole file is read only if its header is wrong.

    Args:
        path: the file.

    Returns:
        Its properties.

    Raises:
        InputError: The file is missing, a directory, not media, or has no video that decodes.
    """
    path = check_file(path)
    if _is_still(path):
        height, width = read_image(path).shape[:2]
        return VideoInfo(path, width, height, STILL_FPS, None, False, 0, True, BT709, Fraction(1))
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise InputError(f"{path}: has no video track; give a photo or a video")
        fps, seconds = stream.average_rate, stated_duration(container, stream)
        if seconds is None and container.duration:
            seconds = container.duration / 1e6
        has_audio = audio_stream(container) is not None
        aspect = stream.sample_aspect_ratio or Fraction(1)
        first = next(decode(container, stream), None)
        if first is None:
            raise InputError(f"{path}: no frame of the video decodes; give another file")
        rotation = _turn(first)
        colours = colours_of(first)
        width, height = first.width, first.height
    if fps is None or not MIN_FPS <= fps <= MAX_FPS or seconds is None:
        fps, seconds = _measure(path)
    if rotation in (90, 270):
        width, height, aspect = height, width, 1 / aspect
    return VideoInfo(
        path, width, height, Fraction(fps), seconds, has_audio, rotation, False, colours, aspect
    )


def _turn(frame: Any) -> int:
    """Degrees counter-clockwise that turn a decoded frame upright: 0, 90, 180 or 270."""
    return int(round(frame.rotation / 90) * 90 % 360)


def _decoded(path: Path, problems: list[str]) -> Iterator[tuple[Any, int | None, float, int]]:
    """Decode a video.

    Yields:
        The `av` frame, scaled to the size of the first; its rotation as `cv2.rotate` takes it, or
        None; its time in seconds; its index.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise InputError(f"{path}: has no video track; give a photo or a video")
        stream.thread_type = "NONE"  # a third less work; other stages use the other cores
        rate = stream.average_rate
        step = float(1 / rate) if rate and MIN_FPS <= rate <= MAX_FPS else float(1 / STILL_FPS)
        index, start, last, length = 0, 0.0, 0.0, step
        clock, found = TrackClock(path), list[str]()
        size: tuple[int, int] | None = None
        for frame in decode(container, stream, found):
            time = last + step
            if frame.pts is not None:
                time = clock(float(frame.pts * frame.time_base)) - start
            if index == 0:
                start, time = (0.0 if frame.pts is None else time), 0.0
            elif time <= last:
                time = last + step
            size = size or (frame.width, frame.height)
            length = float(frame.duration * frame.time_base) if frame.duration else step
            turn = TURNS.get(_turn(frame))
            same = (frame.width, frame.height) == size
            yield frame if same else frame.reformat(*size), turn, time, index
            index, last = index + 1, time
        stated = stated_duration(container, stream)
        if (
            index
            and stated is not None
            and not clock.jumps
            and stated - last - length > MISSING + step
        ):
            found.append(f"the video ends at {last + length:.2f} s, its header says {stated:.2f} s")
        found += clock.jumps
    problems += [line for line in found if line not in problems]
    for problem in found:
        log.warning("%s: %s", path, problem)
    if index == 0:
        raise InputError(f"{path}: no frame of the video decodes; give another file")


def read_frames(path: str | os.PathLike[str], problems: list[str] | None = None) -> Iterator[Frame]:
    """Stream the frames of a video, or the one frame of a still, with their presentation times.

    Memory does not grow with the length of the video. Damaged packets are skipped; a
    truncated track ends early.

    Args:
        path: any video or still.
        problems: receives one line per kind of damage.

    Yields:
        Frames of one size; their times start at 0 and strictly increase.

    Raises:
        InputError: The file is missing, a directory or not media, or no frame decodes.
    """
    path = check_file(path)
    if _is_still(path):
        yield Frame(read_image(path), 0.0, 0)
        return
    converter = Converter()
    for frame, code, time, index in _decoded(path, [] if problems is None else problems):
        yield Frame(converter.convert(frame, code), time, index, colours_of(frame))
