"""Open media files, decode their streams, and find the time that all other times are relative to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition

from wav2lip.errors import InputError
from wav2lip.media.file_end import IN_PACKET, LastPacket
from wav2lip.media.rules import pixel_limit

KINDS = "picture, video or sound file"
UNREADABLE = (av.error.FFmpegError, OSError, ValueError, ArithmeticError, MemoryError)
# No file makes FFmpeg read an address.
LOCAL = {"protocol_whitelist": "file"}
PLAYLISTS = {"hls", "applehttp", "dash", "concat", "sdp", "imf", "webm_dash_manifest"}
MAX_INT = 2**31 - 1  # of FFmpeg's options
BLOCK = 256**2  # pixels; decoders round sides up to at most 256
CURE = "it may be truncated or not a media file; give another file, or convert it to mp4 or wav"


def check_file(path: str | os.PathLike[str]) -> Path:
    """Check that a file exists and can be read.

    Args:
        path: any path.

    Returns:
        The path as a `Path`.

    Raises:
        InputError: The file is missing, a directory, a pipe or device, empty or not readable.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a directory; give a file")
        if not path.exists():
            raise InputError(f"{path}: no such file; check the path")
        if not path.is_file():  # it is read several times
            raise InputError(f"{path}: is not a regular file; save it as one")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; give a picture, video or sound file")
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: cannot be read; check its permissions")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return path


def file_url(path: Path) -> str:
    """URL of a file for FFmpeg, which would interpret a colon, a dash or a percent sign in a name."""
    return f"file:{path.absolute()}"


def _open(path: Path) -> Any:
    try:
        container = av.open(file_url(path), metadata_errors="replace", options=LOCAL)
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or "unknown format"
        raise InputError(f"{path}: not a readable {KINDS} ({reason}); {CURE}") from error
    if PLAYLISTS & set(container.format.name.split(",")):
        container.close()
        raise InputError(f"{path}: a list that refers to other files; give the video itself")
    if all(stream.codec_context is None for stream in container.streams):
        container.close()
        raise InputError(f"{path}: not a readable {KINDS} (no known track); {CURE}")
    return container


@contextmanager
def open_media(path: str | os.PathLike[str]) -> Iterator[Any]:
    """Open a media file for reading.

    What FFmpeg and its numbers raise in the body becomes one line: damaged headers claim time scales of
    0 and tracks of more memory than there is.

    Args:
        path: any file.

    Yields:
        An `av` input container.

    Raises:
        InputError: The file is missing, empty, a directory, not media, or damaged.
    """
    path = check_file(path)
    container = _open(path)
    try:
        yield container
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"{path}: damaged, cannot be decoded ({reason}); {CURE}") from error
    finally:
        with suppress(av.error.FFmpegError):  # a damaged file can fail to close
            container.close()


def video_stream(container: Any) -> Any | None:
    """First video stream of a container, or None. The cover art of a sound file is not video."""
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def audio_stream(container: Any) -> Any | None:
    """First audio stream of a container that can be decoded, or None."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


def _decoder(stream: Any) -> Any:
    """Codec context that decodes a stream. FFmpeg's own VP8 and VP9 decoders drop the alpha."""
    library = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if library is None or stream.metadata.get("alpha_mode") != "1":
        return stream.codec_context
    try:
        decoder = av.CodecContext.create(library, "r")
    except (av.error.FFmpegError, ValueError):  # this FFmpeg is built without it
        return stream.codec_context
    decoder.extradata = stream.codec_context.extradata
    return decoder


def decode(container: Any, stream: Any, problems: list[str] | None = None) -> Iterator[Any]:
    """Decode a stream, skipping damaged packets.

    Args:
        container: an `av` input container.
        stream: one of its streams.
        problems: receives one line per kind of damage.

    Yields:
        Decoded `av` frames, in order.
    """
    broken, cut = 0, ""
    decoder = _decoder(stream)
    if stream.type == "video":  # the size may change on the way; decoders round it up
        largest = min(2 * pixel_limit() + BLOCK, MAX_INT)
        decoder.options = {**decoder.options, "max_pixels": str(largest)}
    packets, last = (
        container.demux(stream),
        LastPacket(container.format.name, stream.codec_context.name),
    )
    while True:
        try:
            packet = next(packets, None)
        except (av.error.FFmpegError, OSError) as error:
            cut = str(getattr(error, "strerror", error))
            packet = None
        if packet is not None:
            last.add(packet)
        try:
            yield from decoder.decode(packet)
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
            problems.append(f"the {stream.type} track ends early ({cut})")
        elif last.is_cut():
            problems.append(IN_PACKET)


def start_time(container: Any) -> float:
    """Presentation time of the first video frame, in seconds of the file's own clock.

    The zero of that clock is arbitrary, and sound may start before or after the video: every time in
    this package is relative to this one. For a file without video it is the time of the first sound.
    The read position of the container changes: seek or reopen it before decoding.
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
