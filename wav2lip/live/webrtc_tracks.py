"""The pictures and the sound of a live session as two WebRTC tracks with one clock."""

import asyncio
from fractions import Fraction
from typing import Any

import numpy as np
from av import AudioFrame

from wav2lip.errors import InputError
from wav2lip.live.live_frame import LiveFrame
from wav2lip.media.pcm import to_pcm
from wav2lip.media.sample_buffer import SampleBuffer
from wav2lip.types import Pcm
from wav2lip.utils.extras import extra_message

try:
    from aiortc import MediaStreamTrack, RTCRtpReceiver
    from aiortc.jitterbuffer import JitterBuffer
    from aiortc.mediastreams import VIDEO_CLOCK_RATE, VIDEO_TIME_BASE, MediaStreamError
except ModuleNotFoundError as error:
    raise InputError(extra_message("aiortc", "web")) from error

SOUND_RATE = 48_000  # Hz, of Opus
PACKET = SOUND_RATE // 50  # samples of 20 ms; aiortc gives all of a longer frame the same time
WAITING = 50  # packets that wait for the encoder; of more the oldest are dropped


class PictureTrack(MediaStreamTrack):
    """The newest picture of a session. One that the encoder does not take in time is skipped."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: asyncio.Queue[LiveFrame] = asyncio.Queue(1)

    def show(self, frame: LiveFrame) -> None:
        """Replace the picture."""
        if self._newest.full():
            self._newest.get_nowait()
        self._newest.put_nowait(frame)

    async def recv(self) -> Any:
        """Return the next picture; for the encoder."""
        if self.readyState != "live":
            raise MediaStreamError
        frame = await self._newest.get()
        coded = frame.coded()
        coded.pts, coded.time_base = round(frame.time * VIDEO_CLOCK_RATE), VIDEO_TIME_BASE
        return coded


class SoundTrack(MediaStreamTrack):
    """The sound of a session in packets of 20 ms, each at its time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sound = SampleBuffer()
        self._packets: asyncio.Queue[tuple[float, AudioFrame]] = asyncio.Queue(WAITING)

    def play(self, frame: LiveFrame) -> None:
        """Continue with the sound of a frame that is shown now."""
        now, first = asyncio.get_running_loop().time(), self._sound.stop
        self._sound.append(frame.sound)
        for start in range(self._sound.start, self._sound.stop - PACKET + 1, PACKET):
            samples = to_pcm(self._sound.read(start, start + PACKET))
            packet = AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            packet.sample_rate, packet.time_base = SOUND_RATE, Fraction(1, SOUND_RATE)
            packet.pts = start
            self._sound.discard(start + PACKET)
            if self._packets.full():
                self._packets.get_nowait()
            self._packets.put_nowait((now + (start - first) / SOUND_RATE, packet))

    async def recv(self) -> Any:
        """Return the next packet when it is due; for the encoder."""
        if self.readyState != "live":
            raise MediaStreamError
        due, packet = await self._packets.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        return packet


def skip_lost_packets(receiver: RTCRtpReceiver) -> None:
    """Let a receiver of sound wait 80 ms for a packet and then go on with the next one.

    With the buffer that it has by default a lost packet costs five more, with this one one more: of a sound sent with
    5 % loss 31 % and 13 % were missing. The library has no setting for it.
    """
    buffer = JitterBuffer(capacity=4)
    receiver._RTCRtpReceiver__jitter_buffer = buffer  # type: ignore[attr-defined]


class MissingSound:
    """Fill what is missing in a sound that comes over the network, so that the rest keeps its time.

    Attributes:
        filled: samples so far.
    """

    MOST = 1.0  # seconds that are filled; a longer gap is a pause of the sender

    def __init__(self) -> None:
        self.filled = 0
        self._next: int | None = None  # time of the next frame

    def samples(self, frame: Any) -> Pcm:
        """Return the samples (N,) int16 of an `av` frame mixed to mono, after silence for what was lost before it."""
        channels = frame.layout.nb_channels
        sound: Pcm = frame.to_ndarray().reshape(-1, channels).mean(axis=1).astype(np.int16)
        lost = 0 if self._next is None else frame.pts - self._next
        self._next = frame.pts + len(sound)
        if 0 < lost <= self.MOST * frame.sample_rate:
            self.filled += lost
            sound = np.concatenate([np.zeros(lost, np.int16), sound])
        return sound
