import asyncio
import gc
import threading
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest
from networks import opening_generator

from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.errors import InputError
from wav2lip.live import LiveSession, LiveWorker, SessionError
from wav2lip.types import Wav


def _sound(seconds: float, rate: int = 16_000) -> Wav:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * rate)).astype(np.float32)


def _offline(avatar, worker, wav: Wav, pieces: int, **settings: object) -> list:
    session = LiveSession(
        avatar, worker, realtime=False, mute_pauses=False, sample_rate=16_000, **settings
    )
    for piece in np.array_split(wav, pieces):
        session.push(piece, 16_000)
    session.close()
    return list(session)


def test_pieces_and_blocks_do_not_change_the_frames(avatar, worker):
    wav = _sound(0.4)
    once = _offline(avatar, worker, wav, 1, block=5)
    pieces = _offline(avatar, worker, wav, 13, block=1)
    assert [frame.number for frame in once] == list(range(10))
    for a, b in zip(once, pieces, strict=True):
        assert np.abs(a.image.astype(int) - b.image).max() <= 1
    np.testing.assert_array_equal(np.concatenate([frame.sound for frame in pieces]), wav)
    moved = np.abs(once[2].image.astype(int) - avatar.frame(2).frame.image).max(axis=2)
    assert moved[60:90].max() > 15  # the mouth
    assert moved[:40].max() == 0


def test_motion_scales_the_mouth(avatar, worker):
    wav = _sound(0.2)
    opened, closed = (_offline(avatar, worker, wav, 1, motion=m)[2] for m in (1.0, 0.0))
    assert np.abs(opened.image.astype(int) - closed.image).max() > 30


def test_in_real_time_frames_come_when_they_are_due(avatar, worker):
    with LiveSession(avatar, worker, mute_pauses=False) as session:
        began = time.monotonic()
        frames, times = [], []
        session.push(_sound(0.4), 16_000)
        session.end_of_speech()
        for frame in session:
            frames.append(frame)
            times.append(time.monotonic() - began)
            if len(frames) == 20:
                break
    assert min(t - frame.time for t, frame in zip(times, frames, strict=True)) > -0.01
    assert times[-1] < 3
    assert [frame.sample_rate for frame in frames] == [48_000] * 20
    assert sum(frame.speaking for frame in frames) == 10
    assert all(len(frame.sound) == 1920 for frame in frames)
    np.testing.assert_array_equal(frames[0].picture.luma, avatar.idle(0, "closed").luma)
    assert session.counts.frames == 20


def test_frames_without_a_consumer_wait(avatar, worker):
    session = LiveSession(avatar, worker, realtime=False, mute_pauses=False)
    session.push(_sound(3), 16_000)
    time.sleep(0.3)
    assert len(session._timeline._rendered) <= 8
    session.clear()
    session.close()
    assert list(session) == []


def test_an_async_consumer_gets_the_same(avatar, worker):
    async def consume(realtime: bool) -> list:
        session = LiveSession(avatar, worker, realtime=realtime, mute_pauses=False)
        session.push(_sound(0.2), 16_000)
        (session.end_of_speech if realtime else session.close)()
        frames = []
        async for frame in session:
            frames.append(frame)
            if len(frames) == 10:
                session.close()
        return frames

    async def both() -> tuple[list, list]:
        return await consume(True), await consume(False)

    paced, unpaced = asyncio.run(both())
    assert (len(paced), len(unpaced)) == (10, 5)
    assert sum(frame.speaking for frame in paced) == 5


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.array([0.1, np.nan], np.float32), 16_000, "the sound contains NaN or infinity"),
        (np.array([1e6], np.float32), 16_000, "the sound has values up to 1e"),
        (np.array([9000], np.float32), 16_000, "full scale is 1; divide 16-bit samples by 32768"),
        (np.zeros(10, np.float32), 7, "a sample rate of 7 Hz cannot be used; give a whole number"),
    ],
)
def test_bad_sound_is_refused_and_the_session_goes_on(avatar, worker, samples, rate, message):
    session = LiveSession(
        avatar, worker, realtime=False, mute_pauses=False, sample_rate=16_000, block=1
    )
    session.push(_sound(0.1), 16_000)
    with pytest.raises(InputError, match=message):
        session.push(samples, rate)
    session.push((_sound(0.1) * 32_768).astype(np.int16), 16_000)
    session.close()
    assert len(list(session)) == 5
    with pytest.raises(InputError, match="the session is closed; open another one"):
        session.push(_sound(0.1), 16_000)


def test_too_much_sound_is_refused_and_the_session_goes_on(avatar, worker):
    session = LiveSession(avatar, worker, realtime=False, mute_pauses=False, sample_rate=8000)
    with pytest.raises(InputError, match="more than 600 s of sound wait"):
        session.push(np.zeros(601 * 1000, np.float32), 1000)
    assert session.waiting == 0
    session.push(_sound(0.2), 16_000)
    session.close()
    assert len(list(session)) == 5


def test_much_sound_is_pushed_in_pieces_between_which_frames_are_taken(avatar, engine):
    with LiveWorker(engine, threads=1) as worker:
        session = LiveSession(avatar, worker, mute_pauses=False, sample_rate=8000)
        pieces = []
        push = session._timeline.push

        def recorded(wav, rate):
            pieces.append(len(wav))
            if len(pieces) == 3:
                session._cleared += 1  # as `clear` does, from another thread
            push(wav, rate)

        session._timeline.push = recorded
        session.push(np.zeros(35_000, np.float32), 10_000)
        assert pieces == [10_000, 10_000, 10_000]  # what follows a `clear` is forgotten, too


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"block": 0}, "block must be a whole number, 1 to 50, not 0"),
        ({"headroom": 99}, "headroom must be a whole number, 1 to 50, not 99"),
        ({"motion": 3}, "motion must be 0 to 2, not 3"),
    ],
)
def test_values_out_of_range_are_refused(avatar, worker, values, message):
    with pytest.raises(InputError, match=message):
        LiveSession(avatar, worker, **values)


@pytest.mark.parametrize(("threads", "most"), [(1, 4), (2, 2)])
def test_sessions_are_shared_out_among_threads_and_batched(avatar, threads, most):
    batches = []

    class Recorded(TorchMeshEngine):
        def inpaint(self, colours, inside, shape):
            batches.append(len(colours))
            return super().inpaint(colours, inside, shape)

    engine = Recorded(opening_generator(0.15, by_sound=0.5))
    with LiveWorker(engine, threads=threads) as worker:
        sessions = [
            LiveSession(avatar, worker, realtime=False, mute_pauses=False, block=2)
            for _ in range(2)
        ]
        with worker._lock:  # the worker waits until both have sound
            for session in sessions:
                session.push(_sound(0.4), 16_000)
                session.close()
        found: list[list] = [[], []]
        readers = [
            threading.Thread(target=lambda s=s, f=f: f.extend(s))
            for s, f in zip(sessions, found, strict=True)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(20)
    assert [len(frames) for frames in found] == [10, 10]
    assert max(batches) == most
    assert sum(batches) == 20


def test_an_error_of_the_generator_ends_the_session_and_not_the_worker(avatar):
    class Broken(TorchMeshEngine):
        fails = True

        def motion(self, mel):
            if self.fails:
                raise MemoryError("no memory\nleft")
            return super().motion(mel)

    engine = Broken(opening_generator(0.15, by_sound=0.5))
    message = r"the session has ended \(MemoryError: no memory left\); open another one"
    with LiveWorker(engine, threads=1) as worker:
        session = LiveSession(avatar, worker, realtime=False)
        session.push(_sound(1), 16_000)
        with pytest.raises(SessionError, match=message):
            next(session)
        with pytest.raises(SessionError, match=message):
            session.push(_sound(1), 16_000)
        with pytest.raises(SessionError, match=message):
            asyncio.run(anext(session))
        engine.fails = False
        assert len(_offline(avatar, worker, _sound(0.2), 1)) == 5


def test_the_error_of_one_session_leaves_those_of_its_batch(avatar, worker):
    damaged = replace(avatar, people={})
    bad, good = (
        LiveSession(face, worker, realtime=False, mute_pauses=False) for face in (damaged, avatar)
    )
    with worker._lock:  # the worker waits until both have sound
        for session in (bad, good):
            session.push(_sound(0.4), 16_000)
            session.close()
    assert [frame.number for frame in good] == list(range(10))
    with pytest.raises(SessionError, match=r"the session has ended \(KeyError: "):
        next(bad)
    gone = weakref.ref(bad)
    del bad, session
    gc.collect()
    assert gone() is None


def test_a_closed_worker_ends_its_sessions(avatar, engine):
    with LiveWorker(engine, threads=1) as worker:
        sessions = [LiveSession(avatar, worker, realtime=realtime) for realtime in (True, False)]
    for session in sessions:
        with pytest.raises(SessionError, match=r"ended \(its worker was closed\); open another"):
            next(session)
    with pytest.raises(InputError, match="the worker is closed; make another one"):
        LiveSession(avatar, worker)


def test_a_dropped_session_is_forgotten(avatar, worker):
    session = LiveSession(avatar, worker)
    session.push(_sound(1), 16_000)
    gone = weakref.ref(session)
    del session
    for _ in range(100):
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.02)
    assert gone() is None
    assert len(worker._sessions) == 0
