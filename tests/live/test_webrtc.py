import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from wav2lip.errors import InputError
from wav2lip.live import LiveSession, SessionError, webrtc
from wav2lip.live.webrtc import LiveConnection
from wav2lip.live.webrtc_tracks import MissingSound


class Microphone(MediaStreamTrack):
    """Noise in packets of 20 ms."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._rng, self._number, self._began = np.random.default_rng(0), 0, time.monotonic()

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(max(0, self._began + self._number / 50 - time.monotonic()))
        samples = self._rng.normal(0, 4000, (1, 960)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = 960 * self._number
        self._number += 1
        return frame


class Client:
    """A browser, as far as it matters here.

    Attributes:
        peer: its connection.
        pictures: luma of the received pictures, and their times.
        sound: the received packets.
    """

    def __init__(self) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.pictures: list[tuple[float, np.ndarray]] = []
        self.sound: list[np.ndarray] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.peer.on(
            "track", lambda track: self._tasks.append(asyncio.create_task(self._read(track)))
        )

    async def _read(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.pictures.append((frame.time, frame.to_ndarray(format="gray")))
                else:
                    self.sound.append(frame.to_ndarray()[0, ::2])
        except MediaStreamError:
            pass

    async def until(self, pictures: int) -> None:
        """Wait for a number of pictures."""
        while len(self.pictures) < pictures:
            await asyncio.sleep(0.02)

    async def connect(self, connection: LiveConnection) -> None:
        self.peer.addTrack(Microphone())
        self.peer.addTransceiver("video", direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = await connection.answer(self.peer.localDescription.sdp)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))


@asynccontextmanager
async def _connected(session: LiveSession) -> AsyncIterator[tuple[Client, LiveConnection]]:
    client, connection = Client(), LiveConnection(session)
    try:
        await client.connect(connection)
        yield client, connection
    finally:
        await client.peer.close()
        await connection.close()


def _lossy(peer: RTCPeerConnection, share: float) -> list[int]:
    """Drop a share of the packets that a peer sends; return a count of them."""
    dropped, rng = [0], random.Random(0)
    for transport in {t.sender.transport.transport for t in peer.getTransceivers()}:
        send = transport._send

        async def lose(data: bytes, send: Any = send) -> None:
            if rng.random() < share:
                dropped[0] += 1
            else:
                await send(data)

        transport._send = lose
    return dropped


def test_a_microphone_moves_the_mouth_and_the_peer_may_leave(avatar, worker):
    async def run() -> None:
        session = LiveSession(avatar, worker, mute_pauses=False)
        async with _connected(session) as (client, connection):
            await asyncio.wait_for(client.until(40), 20)
            await client.peer.close()
            await asyncio.wait_for(connection.wait_closed(), 10)
        times = np.array([t for t, _ in client.pictures])
        np.testing.assert_allclose(times * 25, np.rint(times * 25), atol=0.01)
        first = client.pictures[0][1].astype(int)
        assert max(np.abs(p - first)[60:90].max() for _, p in client.pictures) > 20  # the mouth
        assert np.abs(np.concatenate(client.sound)).max() > 3000
        assert session.closed

    asyncio.run(run())


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_lost_packets_do_not_end_it(avatar, worker, share):
    async def run() -> None:
        session = LiveSession(avatar, worker, mute_pauses=False)
        async with _connected(session) as (client, connection):
            await asyncio.wait_for(client.until(5), 20)
            dropped = _lossy(client.peer, share), _lossy(connection._peer, share)
            await asyncio.wait_for(client.until(150), 30)
            missing = connection._missing.filled / (145 * 1920)
        assert 0.5 * share < missing < 4 * share
        assert min(count for (count,) in dropped) > 5

    asyncio.run(run())


def test_what_is_no_offer_is_refused(avatar, worker):
    async def run() -> None:
        session = LiveSession(avatar, worker)
        with pytest.raises(InputError, match="the WebRTC offer cannot be used"):
            await LiveConnection(session).answer("v=0\r\nm=video x")
        assert session.closed
        client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        client.addTransceiver("audio")
        await client.setLocalDescription(await client.createOffer())
        connection = LiveConnection(LiveSession(avatar, worker))
        with pytest.raises(
            InputError, match="offer has no video; add a transceiver of the kind video"
        ):
            await connection.answer(client.localDescription.sdp)
        await client.close()
        client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in ("audio", "video", "video"):
            client.addTransceiver(kind)
        await client.setLocalDescription(await client.createOffer())
        connection = LiveConnection(LiveSession(avatar, worker))
        with pytest.raises(InputError, match="has more than an audio and a video track; send one"):
            await connection.answer(client.localDescription.sdp)
        await client.close()

    asyncio.run(run())
    with pytest.raises(
        InputError, match="the sound of WebRTC has 48000 Hz, that of the session 16000"
    ):
        LiveConnection(LiveSession(avatar, worker, sample_rate=16_000))


def test_a_client_that_never_connects_ends_its_session(avatar, worker, monkeypatch):
    monkeypatch.setattr(webrtc, "CONNECT", 0.3)

    async def run() -> None:
        client = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        for kind in ("audio", "video"):
            client.addTransceiver(kind)
        await client.setLocalDescription(await client.createOffer())
        lines = client.localDescription.sdp.splitlines()
        kept = [line for line in lines if "candidate" not in line]
        await client.close()
        session = LiveSession(avatar, worker)
        connection = LiveConnection(session)
        await connection.answer("\r\n".join([*kept, ""]))
        with pytest.raises(InputError, match=r"the client has not connected within 0\.3 s"):
            await asyncio.wait_for(connection.wait_closed(), 20)
        assert session.closed

    asyncio.run(run())


def test_an_error_of_the_session_ends_the_connection(avatar, worker):
    async def run() -> None:
        session = LiveSession(replace(avatar, people={}), worker, mute_pauses=False)
        async with _connected(session) as (_, connection):
            with pytest.raises(SessionError, match="KeyError"):
                await asyncio.wait_for(connection.wait_closed(), 20)

    asyncio.run(run())


def test_lost_sound_becomes_silence():
    def packet(pts: int) -> AudioFrame:
        frame = AudioFrame.from_ndarray(np.full((1, 8), 7, np.int16), format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 8_000, pts
        return frame

    missing = MissingSound()
    assert missing.samples(packet(100)).tolist() == [7] * 4
    assert missing.samples(packet(104)).tolist() == [7] * 4
    assert missing.samples(packet(111)).tolist() == [0] * 3 + [7] * 4
    assert missing.samples(packet(90_000)).tolist() == [7] * 4  # a pause
