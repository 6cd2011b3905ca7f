"""A live session over WebRTC: a microphone comes in, pictures and sound go out."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any

from wav2lip.errors import InputError
from wav2lip.live.commands import read_message, run_command
from wav2lip.live.session import LiveSession
from wav2lip.live.session_error import SessionError
from wav2lip.live.webrtc_tracks import (
    SOUND_RATE,
    MissingSound,
    PictureTrack,
    SoundTrack,
    skip_lost_packets,
)
from wav2lip.utils.extras import extra_message

try:
    from aiortc import (
        RTCConfiguration,
        RTCIceServer,
        RTCPeerConnection,
        RTCRtpSender,
        RTCSessionDescription,
    )
    from aiortc.mediastreams import MediaStreamError
except ModuleNotFoundError as error:
    raise InputError(extra_message("aiortc", "web")) from error

VIDEO_CODECS = ("video/H264", "video/VP8", "video/rtx")  # in order of preference
CONNECT = 30.0  # seconds from the answer in which a client connects


class LiveConnection:
    """Serve one WebRTC client: its audio track is pushed into a session, whose frames it receives.

    No web framework is involved: the application receives the offer and sends the answer. The offer has a video
    track to receive, and an audio track to send and receive. A data channel takes the messages of
    `wav2lip.live.commands`. When the client leaves, or the session ends, the other one is closed.

    Args:
        session: of this client alone, with its default `sample_rate`.
        ice_servers: STUN and TURN servers. None by default: no other host is asked, which suffices in one network and
            for a server with a public address.

    Attributes:
        error: what ended the session early, if anything did.

    Raises:
        InputError: the session has another sample rate than 48000 Hz.

    Examples:
        ```python
        connection = LiveConnection(LiveSession(avatar, worker))
        answer = await connection.answer(offer)  # texts in SDP
        ...
        await connection.wait_closed()
        ```
    """

    def __init__(self, session: LiveSession, ice_servers: Sequence[RTCIceServer] = ()) -> None:
        if session.sample_rate != SOUND_RATE:
            raise InputError(
                f"the sound of WebRTC has {SOUND_RATE} Hz, that of the session {session.sample_rate}; "
                f"open it with sample_rate={SOUND_RATE}"
            )
        self.error: InputError | SessionError | None = None
        self._session = session
        self._pictures, self._sound, self._missing = PictureTrack(), SoundTrack(), MissingSound()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connected = False
        self._closing: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        sound = self._peer.addTransceiver(self._sound, direction="sendrecv")
        skip_lost_packets(sound.receiver)
        video = self._peer.addTransceiver(self._pictures, direction="sendonly")
        known = RTCRtpSender.getCapabilities("video").codecs
        video.setCodecPreferences([c for name in VIDEO_CODECS for c in known if c.mimeType == name])
        self._peer.on("track", self._on_track)
        self._peer.on("datachannel", self._on_channel)
        self._peer.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        """Answer the offer of a client. The session begins when the client has connected.

        Args:
            offer: in SDP, with all candidates.

        Returns:
            The answer in SDP, with all candidates.

        Raises:
            InputError: the offer cannot be used. The connection is closed then.
        """
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            transceivers = self._peer.getTransceivers()
            if len(transceivers) > 2:  # nobody would read the tracks of the others
                raise InputError(
                    "the WebRTC offer has more than an audio and a video track; send one of each"
                )
            for transceiver in transceivers:
                if transceiver.mid is None:
                    kind = transceiver.kind
                    raise InputError(
                        f"the WebRTC offer has no {kind}; add a transceiver of the kind {kind}"
                    )
            await self._peer.setLocalDescription(await self._peer.createAnswer())
            self._start(self._expect_client())
        except InputError:
            await self.close()
            raise
        except Exception as error:
            await self.close()
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(
                f"the WebRTC offer cannot be used ({reason}); send the SDP of an RTCPeerConnection"
            ) from error
        return str(self._peer.localDescription.sdp)

    async def wait_closed(self) -> None:
        """Wait until the client has left or the session has ended.

        Raises:
            SessionError: the session has ended with an error.
            InputError: its sound was refused, or the client has not connected.
        """
        await self._closed.wait()
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        """Close the connection and its session."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._session.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._peer.close()
        self._closed.set()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_state(self) -> None:
        state = self._peer.connectionState
        if state == "connected":
            self._connected = True
            self._start(self._show())
        elif state in ("failed", "closed") and self._closing is None:
            self._closing = asyncio.create_task(self._close())

    def _on_track(self, track: Any) -> None:
        if track.kind == "audio":
            self._start(self._listen(track))

    def _on_channel(self, channel: Any) -> None:
        @channel.on("message")  # type: ignore[untyped-decorator]
        def on_message(message: str | bytes) -> None:
            text = message if isinstance(message, str) else message.decode(errors="replace")
            try:
                run_command(self._session, read_message(text))
            except InputError as error:
                channel.send(json.dumps({"type": "error", "message": str(error)}))

    async def _expect_client(self) -> None:
        """End the connection if it is not made in time: without the end of its candidates ICE waits forever."""
        await asyncio.sleep(CONNECT)
        if not self._connected:
            self._fail(
                InputError(f"the client has not connected within {CONNECT:g} s; offer again")
            )

    async def _show(self) -> None:
        """Show the frames of the session on both tracks."""
        try:
            async for frame in self._session:
                self._pictures.show(frame)
                self._sound.play(frame)
        except SessionError as error:
            self._fail(error)
        else:
            self._fail(None)

    async def _listen(self, track: Any) -> None:
        """Push the sound of the client."""
        missing = self._missing
        try:
            while True:
                frame = await track.recv()
                self._session.push(missing.samples(frame), frame.sample_rate)
        except MediaStreamError:
            self._session.end_of_speech()
        except (InputError, SessionError) as error:
            self._fail(None if self._session.closed else error)

    def _fail(self, error: InputError | SessionError | None) -> None:
        """Close the connection from one of its tasks."""
        if self._closing is None:
            self.error = error
            self._closing = asyncio.create_task(self._close())
