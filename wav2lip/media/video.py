"""Read videos and stills: probe a file, stream its frames, read an image. `writer.py` writes videos.

Frames are read as they are to be displayed: upright, alpha over white, colours converted by the
matrix and range of the file (BT.601 and limited range if it has no tags, as FFmpeg assumes).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from wav2lip.errors import InputError
from wav2lip.media.colour import BT709, Colours, colours_of
from wav2lip.media.container import (
    audio_stream,
    check_file,
    decode,
    open_media,
    video_stream,
)
from wav2lip.media.converter import Converter
from wav2lip.media.decoded_frames import decoded_frames
from wav2lip.media.frame import Frame
from wav2lip.media.orientation import orientation_of
from wav2lip.media.rules import MAX_FPS, MIN_FPS, STILL_FPS, check_pixels
from wav2lip.media.stated_duration import stated_duration
from wav2lip.media.still import is_animated_webp, is_still, read_animated_webp, read_image
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
ANIMATIONS = "gif", "apng"  # formats of images that move


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
        mirrored: whether reading swaps left and right before it rotates.
        is_still: whether the file is one picture: an image, or an animation of one frame.
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
    mirrored: bool = False


def _snap(rate: Fraction) -> Fraction:
    """Round a rate to the nearest standard rate within 0.1 %, else to a small denominator."""
    standard = [Fraction(n) for n in STANDARD] + [Fraction(n * 1000, 1001) for n in STANDARD]
    nearest = min(standard, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) <= SNAP * rate else rate.limit_denominator(1001) or rate


def _measure(path: Path) -> tuple[Fraction, float]:
    """Average fps and duration in seconds by the times of the packets, for wrong headers."""
    with open_media(path) as container:
        stream: Any = video_stream(container)
        packets = container.demux(stream)
        clock = TrackClock(path)
        times = sorted(clock.packet(p) for p in packets if p.pts is not None and p.size)
        if len(times) < 2 or times[-1] == times[0]:
            return STILL_FPS, float(1 / STILL_FPS)
        span = Fraction(times[-1] - times[0]).limit_denominator(1_000_000)
    step = span / (len(times) - 1)
    return _snap(1 / step), float(span + step)


def probe(path: str | os.PathLike[str]) -> VideoInfo:
    """Read the properties of a video or still.

    Decodes one frame, or two of an animation; the whole file is read only if its header is wrong.

    Args:
        path: the file.

    Returns:
        Its properties.

    Raises:
        InputError: The file is missing, a directory, not media, or has no video that decodes.
    """
    path = check_file(path)
    if is_still(path):
        height, width = read_image(path).shape[:2]
        return VideoInfo(path, width, height, STILL_FPS, None, False, 0, True, BT709, Fraction(1))
    if is_animated_webp(path):
        return _probe_animation(path)
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise InputError(f"{path}: has no video track; give a photo or a video")
        check_pixels(path, stream.width or 0, stream.height or 0)
        fps, seconds = stream.average_rate, stated_duration(container, stream)
        if seconds is None and container.duration:
            seconds = container.duration / 1e6
        has_audio = audio_stream(container) is not None
        aspect = stream.sample_aspect_ratio or Fraction(1)
        first = next(decode(container, stream), None)
        if first is None:
            raise InputError(f"{path}: no frame decodes; give another file")
        orientation = orientation_of(first)
        colours = colours_of(first)
        width, height = first.width, first.height
        animation = container.format.name in ANIMATIONS
    single = animation and _is_single(path)
    if single:
        fps, seconds = STILL_FPS, None
    elif fps is None or not MIN_FPS <= fps <= MAX_FPS or seconds is None:
        fps, seconds = _measure(path)
    if orientation.transpose:
        width, height, aspect = height, width, 1 / aspect
    return VideoInfo(
        path,
        width,
        height,
        Fraction(fps),
        seconds,
        has_audio,
        orientation.rotation,
        single,
        colours,
        aspect,
        orientation.mirrored,
    )


def _animation(path: Path) -> Iterator[Frame]:
    time = 0.0
    for index, (image, seconds) in enumerate(read_animated_webp(path)):
        yield Frame(image, time, index)
        time += seconds


def _is_single(path: Path) -> bool:
    """Whether an animation has one frame, and all of it is there."""
    problems: list[str] = []
    return len(list(islice(decoded_frames(path, problems), 2))) == 1 and not problems


def _probe_animation(path: Path) -> VideoInfo:
    height = width = count = 0
    duration = 0.0
    for image, seconds in read_animated_webp(path):
        (height, width), count, duration = image.shape[:2], count + 1, duration + seconds
    if not count:
        raise InputError(f"{path}: the animation has no frame; give another file")
    still = count == 1
    fps = STILL_FPS if still else _snap(Fraction(count / duration))
    length = None if still else duration
    return VideoInfo(path, width, height, fps, length, False, 0, still, BT709, Fraction(1))


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
    if is_still(path):
        yield Frame(read_image(path), 0.0, 0)
        return
    if is_animated_webp(path):
        yield from _animation(path)
        return
    converter = Converter()
    for frame, time, index in decoded_frames(path, [] if problems is None else problems):
        yield Frame(converter.convert(frame), time, index, colours_of(frame))
