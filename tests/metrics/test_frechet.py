import numpy as np
import pytest

from wav2lip.metrics.frechet import frechet_distance


def test_distance_of_two_normal_distributions():
    rng = np.random.default_rng(0)
    real = rng.standard_normal((4000, 2)).astype(np.float32)
    moved = real * 2 + np.float32([3, 0])
    # |mean difference|² + the sum of (2 - 1)² over both axes, for samples with exact moments.
    real -= real.mean(0)
    moved = real * 2 + np.float32([3, 0])
    trace = float(np.trace(np.cov(real.T)))
    assert frechet_distance(real, moved) == pytest.approx(9 + trace, rel=1e-4)
    assert frechet_distance(real, real) == pytest.approx(0, abs=1e-4)


def test_the_distance_grows_with_a_shift_and_with_lost_variety():
    real = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    shifted = [frechet_distance(real, real + np.float32(by)) for by in (0, 0.2, 0.5, 1)]
    narrowed = [frechet_distance(real, real * np.float32(by)) for by in (1, 0.8, 0.5, 0.1)]
    for found in (shifted, narrowed):
        assert found == sorted(found)
        assert found[-1] > found[0] + 1


def test_bad_sets():
    one = np.zeros((1, 3), np.float32)
    assert np.isnan(frechet_distance(one, np.zeros((5, 3), np.float32)))
    with pytest.raises(ValueError, match=r"features must be \(N,D\) and \(M,D\)"):
        frechet_distance(one, np.zeros((5, 2), np.float32))
