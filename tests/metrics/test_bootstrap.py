import math

import numpy as np
import pytest
from scipy import stats

from wav2lip.metrics import bootstrap_mean, bootstrap_ratio


def test_interval_agrees_with_scipy():
    values = np.random.default_rng(0).gamma(2.0, 3.0, 40)
    ours = bootstrap_mean(values)
    reference = stats.bootstrap(
        (values,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    assert ours.mean == pytest.approx(values.mean())
    width = reference.high - reference.low
    assert ours.low == pytest.approx(reference.low, abs=0.03 * width)
    assert ours.high == pytest.approx(reference.high, abs=0.03 * width)
    assert (ours.clips, ours.missing) == (40, 0)


def test_same_values_same_interval_and_narrower_at_less_confidence():
    values = [1.0, 2.0, 4.0, 9.0]
    assert bootstrap_mean(values) == bootstrap_mean(values)
    wide, narrow = bootstrap_mean(values), bootstrap_mean(values, confidence=0.5)
    assert wide.low < narrow.low < 4.0 < narrow.high < wide.high


def test_what_cannot_be_measured_is_counted():
    interval = bootstrap_mean([1.0, float("nan"), 3.0])
    assert (interval.mean, interval.clips, interval.missing) == (2.0, 2, 1)
    one = bootstrap_mean([5.0])
    assert one.mean == 5.0
    assert math.isnan(one.low)
    assert math.isnan(bootstrap_mean([]).mean)
    with pytest.raises(ValueError, match="infinite"):
        bootstrap_mean([1.0, float("inf")])


def test_a_ratio_of_means_draws_its_clips_as_pairs():
    rng = np.random.default_rng(1)
    below = rng.gamma(4.0, 1.0, 30)
    above = 3 * below + rng.normal(0, 0.3, 30)
    ours = bootstrap_ratio(above, below)
    reference = stats.bootstrap(
        (above, below),
        lambda one, other, axis: one.mean(axis) / other.mean(axis),
        paired=True,
        vectorized=True,
        n_resamples=10_000,
        method="percentile",
        rng=np.random.default_rng(9),
    ).confidence_interval
    assert ours.mean == pytest.approx(above.mean() / below.mean())
    width = reference.high - reference.low
    assert ours.low == pytest.approx(reference.low, abs=0.05 * width)
    assert ours.high == pytest.approx(reference.high, abs=0.05 * width)
    assert width < 0.1  # drawn apart, the two would vary by ten times as much


def test_a_denominator_that_may_be_zero_is_said():
    nearly = bootstrap_ratio([0.2, 0.3, 0.25, 0.2], [0.1, -0.05, 0.02, 0.01])
    assert nearly.mean == pytest.approx(0.95 / 0.08)
    assert nearly.low < nearly.mean
    assert nearly.high == math.inf
    assert bootstrap_ratio([0.2, 0.2], [-0.1, 0.0]).mean == math.inf
    assert bootstrap_ratio([-0.1, 0.0], [-0.1, 0.0])[:3] == (0.0, 0.0, 0.0)
    one = bootstrap_ratio([0.2, math.nan], [0.1, 0.1])
    assert (one.mean, one.clips, one.missing) == (2.0, 1, 1)
    assert math.isnan(one.low)
    assert math.isnan(bootstrap_ratio([], []).mean)
