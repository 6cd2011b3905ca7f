"""An avatar for LiveKit Agents: a `VideoGenerator` for their `AvatarRunner`."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from wav2lip.errors import InputError
from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.session import LiveSession
from wav2lip.live.speech_ends import SpeechEnds
from wav2lip.media.pcm import to_pcm
from wav2lip.utils.extras import extra_message

try:
    from livekit import rtc
    from livekit.agents.voice.avatar import AudioSegmentEnd, AvatarOptions, VideoGenerator
except ModuleNotFoundError as error:
    raise InputError(extra_message("livekit.agents", "livekit")) from error


class AvatarGenerator(VideoGenerator):  # type: ignore[misc] # the package may be missing
    """Yield the frames of a live session to LiveKit.

    Sound comes out only while the avatar speaks, as the runner measures by it how much has been played.

    Args:
        session: of this generator alone.

    Examples:
        ```python
        with LiveSession(avatar, worker) as session:
            generator = AvatarGenerator(session)
            runner = AvatarRunner(
                room, audio_recv=DataStreamAudioReceiver(room), video_gen=generator, options=generator.options
            )
            await runner.start()
            await runner.wait_for_complete()
        ```
    """

    def __init__(self, session: LiveSession) -> None:
        self._session, self._ends = session, SpeechEnds(session)

    @property
    def options(self) -> AvatarOptions:
        """What the runner needs to know of the frames."""
        height, width = self._session.avatar.pictures.size
        return AvatarOptions(
            video_width=width + width % 2,
            video_height=height + height % 2,
            video_fps=float(self._session.avatar.fps),
            audio_sample_rate=self._session.sample_rate,
            audio_channels=1,
        )

    async def push_audio(self, frame: "rtc.AudioFrame | AudioSegmentEnd") -> None:
        """Continue the speech, or end a stretch of it.

        Raises:
            InputError: the session refuses the sound.
            SessionError: the session has ended with an error.
        """
        if isinstance(frame, AudioSegmentEnd):
            self._ends.end()
            return
        samples = np.frombuffer(frame.data, np.int16).reshape(-1, frame.num_channels)
        self._session.push(samples.mean(axis=1).astype(np.int16), frame.sample_rate)

    def clear_buffer(self) -> None:
        """Stop the speech at once."""
        self._ends.clear()

    async def __aiter__(self) -> AsyncIterator["rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd"]:
        """Yield pictures, the sound of speech and the ends of stretches until the session is closed.

        Raises:
            SessionError: the session has ended with an error.
        """
        async for frame in self._session:
            yield await asyncio.to_thread(_picture, frame)
            if frame.speaking:
                pcm = to_pcm(frame.sound)
                yield rtc.AudioFrame(pcm.tobytes(), frame.sample_rate, 1, len(pcm))
            for _ in range(self._ends.passed(frame)):
                yield AudioSegmentEnd()


def _picture(frame: LiveFrame) -> "rtc.VideoFrame":
    coded = frame.coded()
    data = coded.to_ndarray().tobytes()  # the planes one after the other
    return rtc.VideoFrame(coded.width, coded.height, rtc.VideoBufferType.I420, data)
