"""The generator with LiveKit's own runner, without a room."""

import asyncio
from typing import Any

import numpy as np
import pytest

from wav2lip.live import LiveSession

pytest.importorskip("livekit.agents")

from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd, AvatarRunner, QueueAudioOutput

from wav2lip.live.livekit_generator import AvatarGenerator


def _speech(seconds: float) -> list[rtc.AudioFrame]:
    noise = np.random.default_rng(0).normal(0, 3000, round(24_000 * seconds)).astype(np.int16)
    return [
        rtc.AudioFrame(piece.tobytes(), 24_000, 1, len(piece))
        for piece in np.array_split(noise, round(seconds / 0.02))
    ]


class Runner(AvatarRunner):
    """Publishes no tracks: there is no server."""

    async def _publish_track(self) -> None:
        self._video_publication: Any = True


async def _count(events: list[Any], count: int) -> None:
    while len(events) < count:
        await asyncio.sleep(0.02)


def test_the_runner_plays_two_segments_and_then_an_interrupted_one(avatar, worker):
    async def run() -> list[Any]:
        with LiveSession(avatar, worker, mute_pauses=False) as session:
            generator, audio = AvatarGenerator(session), QueueAudioOutput(wait_playback_start=True)
            events: list[Any] = []
            starts: list[Any] = []
            audio.on("playback_finished", events.append)
            audio.on("playback_started", starts.append)
            runner = Runner(
                rtc.Room(), audio_recv=audio, video_gen=generator, options=generator.options
            )
            await runner.start()
            for number in (1, 2):
                for frame in _speech(0.4):
                    await audio.capture_frame(frame)
                audio.flush()
                await asyncio.wait_for(_count(events, number), 20)
            for frame in _speech(5):
                await audio.capture_frame(frame)
            audio.flush()
            await asyncio.wait_for(_count(starts, 3), 20)
            audio.clear_buffer()
            await asyncio.wait_for(_count(events, 3), 20)
            await runner.aclose()
            return events

    first, second, third = asyncio.run(run())
    assert [e.interrupted for e in (first, second, third)] == [False, False, True]
    assert first.playback_position == pytest.approx(0.4)
    assert second.playback_position == pytest.approx(0.4)
    assert 0.02 < third.playback_position < 4


def test_pictures_and_sound_have_the_formats_of_the_options(avatar, worker):
    async def run() -> list[Any]:
        session, found = LiveSession(avatar, worker, realtime=False, mute_pauses=False), []
        generator = AvatarGenerator(session)
        for frame in _speech(0.2):
            await generator.push_audio(frame)
        await generator.push_audio(AudioSegmentEnd())
        session.close()
        async for frame in generator:
            found.append(frame)
        options = generator.options
        assert (options.video_width, options.video_height) == (120, 100)
        assert (options.video_fps, options.audio_sample_rate) == (25, 48_000)
        return found

    found = asyncio.run(run())
    assert [type(f).__name__ for f in found] == ["VideoFrame", "AudioFrame"] * 5 + [
        "AudioSegmentEnd"
    ]
    assert (found[0].width, found[0].height) == (120, 100)
    luma = np.frombuffer(found[0].data, np.uint8)[: 120 * 100].reshape(100, 120)
    np.testing.assert_array_equal(luma[:40], avatar.pictures[0].luma[:40])
    assert found[1].samples_per_channel == 1920
