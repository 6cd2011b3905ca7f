"""A live session as fragmented MP4 in segments, for HTTP and WebSockets.

The first segment initialises a player, each further one is a fragment of pictures and sound. A browser appends them
to a `SourceBuffer` of its Media Source Extensions, or plays the sequence as the body of an HTTP response.
"""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO

from wav2lip.live.live_mp4 import CRF, LiveMp4
from wav2lip.live.session import LiveSession

AAC = "mp4a.40.2"  # AAC-LC, RFC 6381
ENDS = (b"moov", b"mdat")  # boxes with which a segment ends
HEADER = 8  # bytes of a box: its size and its type


class Segments(BytesIO):
    """A target that divides the MP4 written to it: ftyp and moov first, then each moof with its mdat."""

    def __init__(self) -> None:
        super().__init__()
        self._segment = bytearray()

    def take(self) -> list[bytes]:
        """Return the segments that are whole since the last call."""
        written, at = self.getvalue(), 0
        segments = []
        while len(written) - at >= HEADER:
            size = int.from_bytes(written[at : at + 4], "big")
            if len(written) - at < size:
                break
            self._segment += written[at : at + size]
            if written[at + 4 : at + HEADER] in ENDS:
                segments.append(bytes(self._segment))
                self._segment.clear()
            at += size
        self.seek(0)
        self.truncate()
        self.write(written[at:])
        return segments


def mime_type(initial: bytes) -> str:
    """Return the type of a stream with its codecs, for `MediaSource.isTypeSupported`.

    Args:
        initial: its first segment.
    """
    profile = initial.index(b"avcC") + 5  # after the version
    return f'video/mp4; codecs="avc1.{initial[profile : profile + 3].hex()}, {AAC}"'


async def fragments(session: LiveSession, crf: int = CRF) -> AsyncIterator[bytes]:
    """Yield the frames of a session as segments of H.264 and AAC, until it ends.

    A consumer may leave at any time; another one may then go on with the session. Close the session if none does.

    Args:
        session: its frames are consumed.
        crf: quality of the pictures, 0 (best) to 51.

    Raises:
        SessionError: the session has ended with an error.

    Examples:
        ```python
        return StreamingResponse(fragments(session), media_type="video/mp4")
        ```
    """
    target = Segments()
    mp4 = LiveMp4(target, session.avatar, session.sample_rate, crf)
    async for frame in session:
        await asyncio.to_thread(mp4.write, frame)
        for segment in target.take():
            yield segment
    await asyncio.to_thread(mp4.close)
    for segment in target.take():
        yield segment
