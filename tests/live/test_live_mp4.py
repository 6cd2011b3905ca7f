import io

import av
import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.live import LiveSession
from wav2lip.live.live_frame import LiveFrame
from wav2lip.live.live_mp4 import LiveMp4


def _frames(avatar, count: int) -> list[LiveFrame]:
    tone = np.sin(np.arange(1920) * 2 * np.pi * 500 / 48_000).astype(np.float32) / 4
    return [
        LiveFrame(avatar.frame(n).frame.picture, tone, 48_000, 0.04 * (n + 7), n + 7, True)
        for n in range(count)
    ]


def test_pictures_and_sound_come_back(avatar):
    target = io.BytesIO()
    with LiveMp4(target, avatar) as mp4:
        for frame in _frames(avatar, 30):
            mp4.write(frame)
    with av.open(io.BytesIO(target.getvalue())) as container:
        decoded = list(container.decode(video=0))
        times = [float(frame.pts * frame.time_base) for frame in decoded]
    np.testing.assert_allclose(times, np.arange(30) * 0.04, atol=1e-4)
    assert np.abs(decoded[3].to_ndarray(format="gray").astype(int)).mean() > 30
    with av.open(io.BytesIO(target.getvalue())) as container:
        sound = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    assert 30 * 1920 <= len(sound) <= 30 * 1920 + 2048
    assert np.sqrt(np.square(sound[4000:50_000]).mean()) == pytest.approx(0.25 / 2**0.5, rel=0.03)


def test_a_picture_can_be_read_as_soon_as_it_is_written(avatar):
    target = io.BytesIO()
    mp4 = LiveMp4(target, avatar)
    for frame in _frames(avatar, 6):
        mp4.write(frame)
    with av.open(io.BytesIO(target.getvalue())) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) >= 4


def test_a_session_can_be_written(avatar, worker):
    session = LiveSession(avatar, worker, realtime=False, mute_pauses=False)
    session.push(np.random.default_rng(0).normal(0, 0.1, 4800).astype(np.float32), 16_000)
    session.close()
    target = io.BytesIO()
    with LiveMp4(target, avatar) as mp4:
        for frame in session:
            mp4.write(frame)
    with av.open(io.BytesIO(target.getvalue())) as container:
        assert len(list(container.decode(video=0))) == 8


def test_a_reader_that_leaves_is_an_error_of_the_system(avatar):
    class Gone(io.BytesIO):
        def write(self, data):
            raise BrokenPipeError("gone")

    def write_all() -> None:
        mp4 = LiveMp4(Gone(), avatar)
        for frame in _frames(avatar, 10):
            mp4.write(frame)

    with pytest.raises(BrokenPipeError):
        write_all()


@pytest.mark.parametrize("rate", [6_000, 10_000, 192_000])
def test_a_rate_that_aac_does_not_have_is_one_line(avatar, rate):
    with pytest.raises(InputError, match=f"sample_rate {rate}: AAC has 8000, .*; take 48000"):
        LiveMp4(io.BytesIO(), avatar, rate)
