"""Open a media file, decode what decodes, and find the instant that times are relative to."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition

from wav2lip.errors import InputError

KINDS = "picture, video or sound file"
CURE = "it may be cut off or no media at all: give another, or convert it to mp4 or wav"


def check_file(path: str | os.PathLike[str]) -> Path:
    """The path as a `Path`; `InputError` if it is missing, a directory or empty."""
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a directory; give a file")
        if not path.exists():
            raise InputError(f"{path}: no such file; check the path")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; give one with a picture or sound")
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: cannot be read; check its permissions")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return path


def file_url(path: Path) -> str:
    """A name that FFmpeg takes for a file whatever is in it (a colon, a dash, a percent)."""
    return f"file:{path.absolute()}"


def open_media(path: str | os.PathLike[str]) -> Any:
    """Open for reading, as a context manager (an `av` input container).

    Raises `InputError` for a missing or empty file, a directory, or one that is not media.
    """
    path = check_file(path)
    try:
        container = av.open(file_url(path), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "unknown format"
        raise InputError(f"{path}: not a readable {KINDS} ({reason}); {CURE}") from error
    if all(stream.codec_context is None for stream in container.streams):
        container.close()
        raise InputError(f"{path}: not a readable {KINDS} (no known track); {CURE}")
    return container


def video_stream(container: Any) -> Any | None:
    """The first moving picture; cover art of a sound file is none."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def audio_stream(container: Any) -> Any | None:
    """The first sound track that can be decoded."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def decode(container: Any, stream: Any, problems: list[str] | None = None) -> Iterator[Any]:
    """Every frame that decodes, in order; what does not is skipped and counted in `problems`."""
    broken, cut = 0, ""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            cut = str(getattr(error, "strerror", error))
            packet = None
        try:
            yield from stream.codec_context.decode(packet)
        except av.error.EOFError:
            pass
        except av.error.FFmpegError:
            broken += 1
        if packet is None:
            break
    if problems is not None:
        if broken:
            problems.append(f"{broken} damaged {stream.type} packets were skipped")
        if cut:
            problems.append(f"the {stream.type} track breaks off ({cut})")


def start_time(container: Any) -> float:
    """Presentation time of the first video frame in the file's own clock, in seconds.

    The clock's zero is arbitrary, and sound may start earlier or later than the picture: every
    time in this package is relative to this instant. Without video it is the first sound's time.
    The position in the file moves: seek or reopen before decoding.
    """
    stream = video_stream(container)
    if stream is None:
        stream = audio_stream(container)
    if stream is None:
        return 0.0
    for frame in decode(container, stream):
        if frame.pts is not None:
            return float(frame.pts * frame.time_base)
        break
    return float((stream.start_time or 0) * stream.time_base)
