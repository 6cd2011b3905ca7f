import threading
import time

import pytest

from wav2lip.inference.batch_pool import run_batches
from wav2lip.inference.pipeline import StageTiming


@pytest.mark.parametrize("workers", [1, 4])
def test_results_come_in_the_order_of_the_batches(workers):
    timing = StageTiming()

    def render(batch):
        time.sleep(0.02 if batch[0] % 2 == 0 else 0)  # the later one is done first
        return [10 * number for number in batch]

    batches = [[0, 1], [3], [4, 5, 6], [7]]
    results = list(run_batches(batches, render, timing, workers=workers))
    assert results == [0, 10, 30, 40, 50, 60, 70]
    assert timing.seconds > 0.01
    assert timing.processor_seconds < 0.03  # sleeping costs none


def test_workers_run_side_by_side():
    together = threading.Barrier(3, timeout=10)  # breaks if one waits for another

    def render(batch):
        together.wait()
        return [batch]

    assert list(run_batches([1, 2, 3], render, StageTiming(), workers=3)) == [1, 2, 3]


def test_an_error_ends_the_run():
    def render(batch):
        raise ValueError(str(batch))

    with pytest.raises(ValueError, match="1"):
        list(run_batches([1, 2, 3], render, StageTiming(), workers=2))
