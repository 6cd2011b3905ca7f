import numpy as np
import pytest

from wav2lip.metrics.block_bootstrap import block_means


def test_neighbours_are_drawn_together():
    series = np.repeat(np.arange(8.0), 25)
    means = block_means([series])
    assert means.shape == (2000,)
    assert means.mean() == pytest.approx(3.5, abs=0.05)
    assert means.std() == pytest.approx(np.sqrt(5.25 / 8), abs=0.03)  # eight blocks, not 200 values
    assert block_means([series], length=1).std() == pytest.approx(np.sqrt(5.25 / 200), abs=0.01)


def test_short_blocks_count_by_their_values():
    assert set(block_means([np.ones(30), np.ones(4)]).tolist()) == {1.0}
    np.testing.assert_array_equal(block_means([np.arange(60.0)]), block_means([np.arange(60.0)]))
