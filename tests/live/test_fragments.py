import asyncio
import io

import av
import numpy as np
import pytest

from wav2lip.live import LiveSession
from wav2lip.live.fragments import Segments, fragments, mime_type
from wav2lip.types import Wav


def _noise(seconds: float) -> Wav:
    return np.random.default_rng(0).normal(0, 0.1, round(16_000 * seconds)).astype(np.float32)


async def _all(session: LiveSession, most: int = 1000) -> list[bytes]:
    found = []
    async for segment in fragments(session):
        found.append(segment)
        if len(found) == most:
            break
    return found


def _boxes(segment: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(segment):
        found.append(segment[at + 4 : at + 8])
        at += int.from_bytes(segment[at : at + 4], "big")
    return found


def test_a_session_comes_as_an_initial_segment_and_fragments(avatar, worker):
    session = LiveSession(avatar, worker, realtime=False, mute_pauses=False)
    session.push(_noise(0.4), 16_000)
    session.close()
    segments = asyncio.run(_all(session))
    assert _boxes(segments[0]) == [b"ftyp", b"moov"]
    assert all(_boxes(segment) == [b"moof", b"mdat"] for segment in segments[1:])
    assert len(segments) > 7
    assert mime_type(segments[0]) == 'video/mp4; codecs="avc1.42c00a, mp4a.40.2"'
    with av.open(io.BytesIO(b"".join(segments))) as container:
        assert len(list(container.decode(video=0))) == 10
    with av.open(io.BytesIO(b"".join(segments))) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) >= 10 * 1920


def test_another_consumer_may_go_on(avatar, worker):
    session = LiveSession(avatar, worker)
    first = asyncio.run(_all(session, 5))
    second = asyncio.run(_all(session, 5))
    assert first[0] == second[0]
    with av.open(io.BytesIO(b"".join(second))) as container:
        frames = list(container.decode(video=0))
    assert frames[0].pts == 0
    assert 3 <= len(frames) <= 8


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_segments_are_whole_however_they_are_written(size):
    def box(kind: bytes, length: int) -> bytes:
        return (8 + length).to_bytes(4, "big") + kind + bytes(length)

    whole = [box(b"ftyp", 9) + box(b"moov", 30), box(b"moof", 5) + box(b"mdat", 0)]
    data = b"".join(whole)
    target, found = Segments(), []
    for at in range(0, len(data), size):
        target.write(data[at : at + size])
        found += target.take()
    assert found == whole
    assert target.take() == []
