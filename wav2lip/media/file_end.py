"""Whether a file is cut off, as far as the file itself tells.

Three things tell it: the container states a size, or marks its end; a packet is shorter than its header says;
a duration is stated, which the readers of sound and video compare. A file without any of these that ends between
two packets looks whole.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from wav2lip.media.rules import SIZE_SLACK

IN_PACKET = "the last packet is incomplete: the file may be cut off"
NO_END = "the mark of the end is missing: the file may be cut off"
TOO_SMALL = "the file is smaller than its header says: it may be cut off"
UNENDING = 0x7FFF0000  # bytes; programs that write to a pipe state this or more (sox, arecord, FFmpeg), or 0
OGG_PAGE = 65_307  # bytes of the longest page
OGG_LAST = 4  # flag of the last page of a stream
W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")  # GUID
ASF_HEAD = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")  # GUID of the header
ASF_FILE = bytes.fromhex(
    "a1dcab8c47a9cf118ee400c00c205365"
)  # GUID of the file's properties, within the header
ASF_SEARCHED = 1 << 16  # bytes
TS_PACKET = 188  # bytes
TS_SYNC = 0x47  # first byte of a packet
# Formats whose sound is one run of bytes, which FFmpeg divides: it marks the last packet of an unending one.
UNDIVIDED = {"wav", "w64", "caf", "aiff"}
# Codecs of raw streams, whose packets begin with a sync word and have one size, give or take `PADDING`, at a
# constant bit rate.
FRAMED = {"ac3", "eac3", "mp1", "mp2", "mp3", "dts"}
PADDING = 4  # bytes
SYNC = 2  # bytes


class LastPacket:
    """Tells whether the last packet of a stream is complete.

    Args:
        container: FFmpeg's name of the format.
        codec: FFmpeg's name of the codec.
    """

    def __init__(self, container: str, codec: str) -> None:
        self._divided = container not in UNDIVIDED
        self._framed = codec in FRAMED
        self._sizes: tuple[int, int] | None = None  # smallest and largest, but for the last packet
        self._last: Any = None
        self._first = b""  # its sync word

    def add(self, packet: Any) -> None:
        """Note the next `av` packet."""
        if not packet.size:
            return
        if self._framed and self._last is not None:
            low, high = self._sizes or (self._last.size, self._last.size)
            self._sizes = min(low, self._last.size), max(high, self._last.size)
        self._first = self._first or bytes(packet)[:SYNC]
        self._last = packet

    def is_cut(self) -> bool:
        """Return whether it is shorter than the container or, at a constant bit rate, the codec wants."""
        if self._last is None:
            return False
        if self._last.is_corrupt and self._divided:  # FFmpeg has read fewer bytes than stated
            return True
        if self._sizes is None or bytes(self._last)[:SYNC] != self._first:  # a tag, not sound
            return False
        low, high = self._sizes
        return high - low <= PADDING and self._last.size < low - PADDING


def _ogg(file: BinaryIO, size: int) -> str | None:
    file.seek(max(0, size - OGG_PAGE))
    tail = file.read()
    at = tail.rfind(b"OggS\0")
    ended = at >= 0 and len(tail) >= at + 6 and tail[at + 5] & OGG_LAST
    return None if ended else NO_END


def _avi(file: BinaryIO, size: int) -> str | None:
    """Check the RIFF chunks; long files have several (OpenDML). The readers of sound check WAV by its duration."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:11] != b"AVI":
            return None
        (length,) = struct.unpack_from("<I", head, 4)
        if not 0 < length < UNENDING:
            return None
        at += 8 + length + length % 2
    return TOO_SMALL if at > size + SIZE_SLACK else None


def _caf(file: BinaryIO, size: int) -> str | None:
    at = 8
    while at + 12 <= size:
        file.seek(at)
        (length,) = struct.unpack(">4xq", file.read(12))
        if length < 0:  # the last chunk, of unknown length
            return None
        at += 12 + length
    return TOO_SMALL if at > size + SIZE_SLACK else None


def _w64(file: BinaryIO, size: int) -> str | None:
    file.seek(len(W64_RIFF))
    head = file.read(8)
    stated = int.from_bytes(head, "little")
    return TOO_SMALL if size + SIZE_SLACK < stated < 1 << 62 else None


def _sox(file: BinaryIO, size: int) -> str | None:
    file.seek(4)
    head = file.read(12)
    if len(head) < 12:
        return None
    length, samples = struct.unpack("<IQ", head)  # samples have 4 bytes; 0: unknown
    return TOO_SMALL if size + SIZE_SLACK < 4 + length + 4 * samples < 1 << 62 else None


def _asf(file: BinaryIO, size: int) -> str | None:
    file.seek(0)
    head = file.read(ASF_SEARCHED)
    at = head.find(ASF_FILE)
    if at < 0 or len(head) < at + 92:
        return None
    (stated,), (flags,) = (
        struct.unpack_from(kind, head, at + place) for kind, place in (("<Q", 40), ("<I", 88))
    )
    broadcast = flags & 1  # then no size is stated
    return TOO_SMALL if not broadcast and size + SIZE_SLACK < stated < 1 << 62 else None


def _gif(file: BinaryIO, size: int) -> str | None:
    file.seek(max(0, size - SIZE_SLACK))
    return None if file.read().rstrip(b"\0\r\n ").endswith(b";") else NO_END


def _mpeg_ts(file: BinaryIO, size: int) -> str | None:
    file.seek(0)
    head = file.read(2 * TS_PACKET + 1)
    if len(head) <= 2 * TS_PACKET or {head[TS_PACKET], head[2 * TS_PACKET]} != {TS_SYNC}:
        return None
    return IN_PACKET if size % TS_PACKET else None


_CHECKS: dict[bytes, Callable[[BinaryIO, int], str | None]] = {
    b"OggS": _ogg,
    b"RIFF": _avi,
    b"caff": _caf,
    W64_RIFF[:4]: _w64,
    b".SoX": _sox,
    ASF_HEAD[:4]: _asf,
    b"GIF8": _gif,
}


def missing_end(path: Path) -> str | None:
    """Return a line if the container's own structure tells that the end of the file is missing.

    Args:
        path: a media file.
    """
    with path.open("rb") as file:
        head = file.read(4)
        check = _CHECKS.get(head, _mpeg_ts if head[:1] == bytes([TS_SYNC]) else None)
        return None if check is None else check(file, file.seek(0, 2))


def add_end(path: Path, lines: list[str], short: bool) -> None:
    """Leave one line on a missing end among the lines on damage.

    Args:
        path: a media file.
        lines: is changed in place.
        short: whether one of them compares durations; it says more.
    """
    if short:
        lines[:] = [line for line in lines if line != IN_PACKET]
    elif IN_PACKET not in lines:
        lines += [line for line in [missing_end(path)] if line]
