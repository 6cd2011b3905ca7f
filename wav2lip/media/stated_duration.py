"""How long a file says that a stream is. Where it says nothing FFmpeg guesses, and a guess is no statement."""

from pathlib import Path
from typing import Any

from wav2lip.media.container import audio_stream, video_stream

# Packets without a header. FFmpeg guesses their duration by the bit rate of the first ones, which is far off if the
# sound begins with silence.
HEADERLESS = {"aac", "ac3", "eac3", "dts", "truehd"}
MP3 = "mp3"
COUNTED = (b"Xing", b"Info", b"VBRI")  # tags of an MP3 that count its frames
ID3_HEADER = 10  # bytes before the tags of an MP3
FIRST_FRAME = 4096  # bytes within which the tag is


def _mp3_is_counted(path: Path) -> bool:
    """Return whether an MP3 states how many frames it has."""
    with path.open("rb") as file:
        head = file.read(ID3_HEADER)
        size = 0
        if head.startswith(b"ID3") and len(head) == ID3_HEADER:
            for byte in head[6:]:  # 7 bits each (ID3v2.4, section 6.2)
                size = size << 7 | byte & 0x7F
            size += ID3_HEADER
        file.seek(size)
        frame = file.read(FIRST_FRAME)
    return any(tag in frame for tag in COUNTED)


def _is_stated(container: Any) -> bool:
    name = container.format.name
    if name == MP3:
        return _mp3_is_counted(Path(container.name.removeprefix("file:")))
    return name not in HEADERLESS


def stated_duration(container: Any, stream: Any) -> float | None:
    """Duration of a stream in seconds by the header. That of the container may belong to another.

    Args:
        container: an `av` input container, opened by `open_media`.
        stream: one of its streams.

    Returns:
        None if the file does not say.
    """
    if not _is_stated(container):
        return None
    if stream.duration:
        return float(stream.duration * stream.time_base)
    other = audio_stream if stream.type == "video" else video_stream
    if container.duration and other(container) is None:
        seconds = float(container.duration) / 1e6
        if stream.start_time:  # some formats state the end
            seconds -= max(0.0, float(stream.start_time * stream.time_base))
        return seconds
    return None
