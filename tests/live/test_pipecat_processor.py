"""The processor in real pipelines of pipecat."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InterruptionFrame,
    OutputImageRawFrame,
    SpeechOutputAudioRawFrame,
    TextFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from wav2lip.live import LiveSession
from wav2lip.live.pipecat_processor import AvatarProcessor


def _speech(seconds: float) -> TTSAudioRawFrame:
    noise = np.random.default_rng(0).normal(0, 3000, round(24_000 * seconds)).astype(np.int16)
    return TTSAudioRawFrame(noise.tobytes(), 24_000, 1)


def _run(session: LiveSession, *frames: Frame) -> tuple[list[Any], list[Any]]:
    processor = AvatarProcessor(session)
    down, up = asyncio.run(run_test(processor, frames_to_send=frames, start_timeout=20))
    return list(down), list(up)


def _of(kind: type, frames: list[Any]) -> list[Any]:
    return [frame for frame in frames if isinstance(frame, kind)]


def test_speech_becomes_pictures_and_sound(avatar, worker):
    session = LiveSession(avatar, worker, mute_pauses=False)
    words = TextFrame("hello")
    down, up = _run(session, TTSStartedFrame(), words, _speech(0.4), TTSStoppedFrame())
    images = _of(OutputImageRawFrame, down)
    assert {image.size for image in images} == {(120, 100)}
    assert images[0].format == "RGB"
    assert images[0].sync_with_audio
    pictures = [np.frombuffer(i.image, np.uint8).reshape(100, 120, 3).astype(int) for i in images]
    np.testing.assert_array_equal(pictures[0][..., ::-1], avatar.idle(0, "closed").bgr())
    assert max(np.abs(p - pictures[0])[60:90, :100].max() for p in pictures) > 30  # the mouth
    sound = _of(SpeechOutputAudioRawFrame, down)
    assert [frame.num_frames for frame in sound] == [1920] * 10
    assert _of(TTSAudioRawFrame, down) == []
    (stopped,) = _of(TTSStoppedFrame, down)
    assert down.index(stopped) == down.index(sound[-1]) + 1
    assert words in down
    assert _of(ErrorFrame, up) == []
    assert session.closed


def test_an_interruption_stops_the_speech(avatar, worker):
    session = LiveSession(avatar, worker, mute_pauses=False)
    frames = _speech(20), SleepFrame(1.0), InterruptionFrame(), SleepFrame(0.5)
    down, _ = _run(session, *frames)
    (interruption,) = _of(InterruptionFrame, down)
    at = down.index(interruption)
    assert _of(SpeechOutputAudioRawFrame, down[:at])
    assert len(_of(SpeechOutputAudioRawFrame, down[at:])) <= 1  # that was on its way
    assert len(_of(OutputImageRawFrame, down[at:])) > 5


def test_a_session_that_fails_leaves_the_pipeline(avatar, worker):
    session = LiveSession(replace(avatar, people={}), worker, mute_pauses=False)
    later = _speech(0.1)
    down, up = _run(session, _speech(0.4), SleepFrame(1.0), later)
    (error,) = _of(ErrorFrame, up)
    assert "the session has ended (KeyError" in error.error
    assert later in down
