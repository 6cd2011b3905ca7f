import signal
import threading
import time
from collections.abc import Iterator

import pytest

from wav2lip.inference.pipeline import ThreadedPipeline


def doubled(numbers: Iterator[int]) -> Iterator[int]:
    for number in numbers:
        yield 2 * number


def test_stages_keep_the_order() -> None:
    with ThreadedPipeline() as stages:
        first = stages.start("first", doubled, range(100), 3)
        assert list(stages.start("second", doubled, first, 3)) == [4 * n for n in range(100)]
    assert sorted(stages.timings) == ["first", "second"]


def test_a_stage_runs_only_a_queue_ahead() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for n in range(100):
            made.append(n)
            yield n

    with ThreadedPipeline() as stages:
        results = stages.start("work", doubled, source(), 3)
        assert next(results) == 0
        time.sleep(0.2)
        assert len(made) <= 6  # one read, three queued, one in hand, one being made


def test_an_error_comes_out_where_results_are_read_after_what_came_before() -> None:
    def breaks(numbers: Iterator[int]) -> Iterator[int]:
        yield next(numbers)
        raise ValueError("third gear")

    with ThreadedPipeline() as stages:
        results = stages.start("after", doubled, stages.start("breaks", breaks, range(9), 2), 2)
        assert next(results) == 0
        with pytest.raises(ValueError, match="third gear"):
            next(results)


def test_leaving_ends_every_thread_and_closes_what_they_hold() -> None:
    closed = threading.Event()

    def endless(numbers: Iterator[int]) -> Iterator[int]:
        try:
            while True:
                yield next(numbers)
        finally:
            closed.set()

    def numbers() -> Iterator[int]:
        n = 0
        while True:
            yield n
            n += 1

    before = threading.active_count()
    with ThreadedPipeline() as stages:
        results = stages.start("a", doubled, stages.start("b", endless, numbers(), 2), 2)
        assert next(results) == 0
    assert closed.wait(2)
    assert threading.active_count() == before


def test_a_stage_s_time_leaves_out_the_wait_for_the_one_before() -> None:
    def slow() -> Iterator[int]:
        for n in range(5):
            time.sleep(0.05)
            yield n

    with ThreadedPipeline() as stages:
        assert len(list(stages.timed("quick", doubled, slow()))) == 5
    assert 0 < stages.timings["quick"].seconds < 0.1
    assert 0 < stages.timings["quick"].processor_seconds < 0.1


def test_processor_time_is_that_of_the_stage_s_own_thread() -> None:
    def busy(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            end = time.thread_time() + 0.05
            while time.thread_time() < end:
                pass
            yield number

    def sleepy(numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            time.sleep(0.05)
            yield number

    with ThreadedPipeline() as stages:
        first = stages.start("busy", busy, range(4), 1)
        assert list(stages.start("sleepy", sleepy, first, 1)) == [0, 1, 2, 3]
    assert 0.2 <= stages.timings["busy"].processor_seconds < 0.3
    assert stages.timings["sleepy"].processor_seconds < 0.1
    assert stages.timings["sleepy"].seconds >= 0.2


def test_a_stage_that_does_not_stop_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wav2lip.inference.pipeline.STOP_TIMEOUT", 0.2)
    release = threading.Event()

    def stuck(numbers: Iterator[int]) -> Iterator[int]:
        yield next(numbers)
        release.wait()

    began = time.monotonic()
    with ThreadedPipeline() as stages:
        assert next(stages.start("stuck", stuck, range(9), 1)) == 0
    assert time.monotonic() - began < 5
    release.set()


def test_ctrl_c_while_waiting_ends_the_run() -> None:
    """Many times over: a lock left taken would show as a run that does not end."""

    def endless(numbers: Iterator[int]) -> Iterator[int]:
        n = 0
        while True:
            yield n
            n += 1

    def run(seconds: float) -> None:
        with ThreadedPipeline() as stages:
            results = stages.start("a", doubled, stages.start("b", endless, (), 2), 2)
            timer = threading.Timer(seconds, signal.raise_signal, [signal.SIGINT])
            timer.start()
            for _ in results:
                pass

    for attempt in range(50):
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run(0.001 * (attempt % 5 + 1))
        assert time.monotonic() - began < 10
