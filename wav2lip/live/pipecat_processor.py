"""An avatar for pipecat: a frame processor that turns the speech of a bot into pictures and sound."""

import asyncio

import numpy as np

from wav2lip.errors import InputError
from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.session import LiveSession
from wav2lip.live.session_error import SessionError
from wav2lip.live.speech_ends import SpeechEnds
from wav2lip.media.pcm import to_pcm
from wav2lip.utils.extras import extra_message

try:
    from pipecat.frames.frames import (
        CancelFrame,
        EndFrame,
        Frame,
        InterruptionFrame,
        OutputImageRawFrame,
        SpeechOutputAudioRawFrame,
        StartFrame,
        TTSAudioRawFrame,
        TTSStoppedFrame,
    )
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
except ModuleNotFoundError as error:
    raise InputError(extra_message("pipecat", "pipecat")) from error

POLL = 0.02  # seconds


class AvatarProcessor(FrameProcessor):
    """Replace the sound of text-to-speech by pictures and sound that belong together.

    Place it after the text-to-speech and before the output transport, whose parameters need `video_out_enabled`,
    `video_out_is_live` and the size and rate of the avatar. Pictures come all the time, sound while the bot speaks.
    An interruption stops the speech. If the session ends with an error, an error frame says so, and the sound passes
    on without pictures.

    Args:
        session: of this processor alone; it is closed at the end of the pipeline.

    Examples:
        ```python
        Pipeline([transport.input(), stt, llm, tts, AvatarProcessor(session), transport.output()])
        ```
    """

    def __init__(self, session: LiveSession) -> None:
        super().__init__()
        self._session, self._ends = session, SpeechEnds(session)
        self._stops: list[TTSStoppedFrame] = []  # that wait until their speech has come out
        self._showing: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take the speech; pass on what is none."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame) and self._showing is not None:
            await self._push(frame)
            return
        if isinstance(frame, TTSStoppedFrame) and self._showing is not None:
            self._stops.append(frame)
            self._ends.end()
            return
        if isinstance(frame, InterruptionFrame):
            self._stops.clear()
            self._ends.clear()
        elif isinstance(frame, EndFrame):
            self._session.end_of_speech()
            while self._showing is not None and self._session.busy:
                await asyncio.sleep(POLL)
            await self._stop()
        elif isinstance(frame, CancelFrame):
            await self._stop()
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame) and self._showing is None:
            self._showing = self.create_task(self._show())

    async def cleanup(self) -> None:
        """Close the session."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._stop()

    async def _push(self, frame: TTSAudioRawFrame) -> None:
        samples = np.frombuffer(frame.audio, np.int16).reshape(-1, frame.num_channels)
        try:
            self._session.push(samples.mean(axis=1).astype(np.int16), frame.sample_rate)
        except (InputError, SessionError) as error:
            await self.push_error(str(error), exception=error)

    async def _stop(self) -> None:
        self._session.close()
        if self._showing is not None:
            task, self._showing = self._showing, None
            await self.cancel_task(task)

    async def _show(self) -> None:
        """Push the frames of the session."""
        try:
            async for frame in self._session:
                image = await asyncio.to_thread(_picture, frame)
                await self.push_frame(image)
                if frame.speaking:
                    pcm = to_pcm(frame.sound).tobytes()
                    await self.push_frame(SpeechOutputAudioRawFrame(pcm, frame.sample_rate, 1))
                for _ in range(self._ends.passed(frame)):
                    if self._stops:
                        await self.push_frame(self._stops.pop(0))
        except SessionError as error:
            self._showing = None
            await self.push_error(str(error), exception=error)


def _picture(frame: LiveFrame) -> OutputImageRawFrame:
    height, width = frame.picture.size
    image = OutputImageRawFrame(frame.rgb.tobytes(), (width, height), "RGB")
    image.sync_with_audio = True  # shown when the sound before it has been sent
    return image
