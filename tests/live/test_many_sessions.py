"""What long and many sessions leave behind."""

import asyncio
import ctypes
import gc
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from wav2lip.live import LiveSession
from wav2lip.live.fragments import fragments


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def _threads() -> int:
    """Number of threads, without those of asyncio's pool, which grows up to a limit when the machine is busy."""
    return sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())


def _resident() -> int:
    """Bytes of memory, without those that are freed: glibc keeps some MiB of them for each thread that encodes."""
    if hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")
def test_a_thousand_dropped_sessions_leave_nothing(avatar, worker):
    sound = np.random.default_rng(0).normal(0, 0.1, 4800).astype(np.float32)
    levels = []
    for number in range(1000):
        session = LiveSession(avatar, worker, mute_pauses=number % 2 == 0, block=1)
        session.push(sound, 48_000 if number % 3 else 44_100)
        next(session)
        if number % 4 == 0:
            session.close()
        del session
        if number in (200, 999):
            gc.collect()
            levels.append((_resident(), _threads(), _open_files()))
    (memory, threads, files), (later, threads_later, files_later) = levels
    assert later - memory < 8 * 2**20
    assert (threads_later, files_later) == (threads, files)
    assert len(worker._sessions) <= 2  # the last one may be in the worker's hands


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")
def test_clients_that_vanish_leave_nothing(avatar, worker):
    sound = np.random.default_rng(0).normal(0, 0.1, 9600).astype(np.float32)
    levels = []

    async def client(number: int) -> None:
        session = LiveSession(avatar, worker, mute_pauses=False, block=1)
        session.push(sound, 48_000)
        stream = fragments(session)
        waiting = asyncio.create_task(anext(stream))
        if number % 3:
            await waiting
        else:
            await asyncio.sleep(0.01 * (number % 7))
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        if number % 2:
            await stream.aclose()

    async def all_clients() -> None:
        for number in range(400):
            await client(number)
            if number in (100, 399):
                gc.collect()
                await asyncio.sleep(0.2)
                levels.append((_resident(), _threads(), _open_files()))

    asyncio.run(all_clients())
    (memory, threads, files), (later, threads_later, files_later) = levels
    assert later - memory < 8 * 2**20
    assert (threads_later, files_later) == (threads, files)
    gc.collect()
    assert len(worker._sessions) <= 2


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="reads /proc")
def test_an_hour_of_silence_takes_no_memory_and_shows_the_source(avatar, worker):
    session = LiveSession(avatar, worker, realtime=False, block=10, idle_mouth="source")
    second = np.zeros(16_000, np.float32)
    taken, levels = 0, []
    for number in range(3600):
        session.push(second, 16_000)
        if number == 3599:
            session.close()
        while session._timeline.busy and (number == 3599 or session.waiting > 1.5):
            frame = next(session, None)
            if frame is None:
                break
            taken += 1
            index = avatar.index(frame.number)
            assert taken < 50 or frame.picture is avatar.pictures[index]
        if number in (600, 3598):
            levels.append(_resident())
    assert taken == 90_000
    assert levels[1] - levels[0] < 8 * 2**20
