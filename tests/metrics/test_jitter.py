import math

import numpy as np
import pytest

from wav2lip.errors import InputError
from wav2lip.metrics import jitter, jitter_ratio


def levels(*grey: int) -> np.ndarray:
    return np.stack([np.full((96, 96, 3), value, np.uint8) for value in grey])


def test_steady_change_is_no_jitter_and_flicker_is():
    assert jitter(levels(10, 20, 30, 40)) == pytest.approx(0, abs=1e-4)
    assert jitter(levels(53, 47, 53, 47)) == pytest.approx(6, abs=1e-4)
    with pytest.raises(InputError, match="three"):
        jitter(levels(1, 2))


def test_jitter_agrees_with_a_loop_over_pixels():
    faces = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    grey = faces[..., 0] * 0.114 + faces[..., 1] * 0.587 + faces[..., 2] * 0.299
    bends = [
        abs(grey[t - 1, y, x] - 2 * grey[t, y, x] + grey[t + 1, y, x]) / 2
        for t in (1, 2)
        for y in range(4, 8)
        for x in range(2, 6)
    ]
    assert jitter(faces) == pytest.approx(np.mean(bends), rel=1e-5)


def test_jitter_grows_with_the_flicker():
    found = [jitter(levels(50 + by, 50 - by, 50 + by, 50 - by)) for by in (0, 1, 3, 9)]
    assert found == pytest.approx([0, 2, 6, 18], abs=1e-4)


def test_ratio():
    assert jitter_ratio(levels(50, 56, 50), levels(50, 53, 50)) == pytest.approx(2, abs=1e-4)
    assert math.isnan(jitter_ratio(levels(50, 56, 50), levels(50, 50, 50)))
