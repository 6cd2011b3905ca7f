import math

import numpy as np
import pytest
from scipy import stats

from wav2lip.metrics import bootstrap_mean, bootstrap_ratio, paired_difference


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
    assert (ours.clips, ours.missing, ours.speakers) == (40, 0, 40)


def test_same_values_same_interval_and_narrower_at_less_confidence():
    values = [1.0, 2.0, 4.0, 9.0] * 2
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
    nearly = bootstrap_ratio([0.2, 0.3, 0.25, 0.2] * 2, [0.1, -0.05, 0.02, 0.01] * 2)
    assert nearly.mean == pytest.approx(0.95 / 0.08)
    assert nearly.low < nearly.mean
    assert nearly.high == math.inf
    assert bootstrap_ratio([0.2, 0.2], [-0.1, 0.0]).mean == math.inf
    assert bootstrap_ratio([-0.1, 0.0] * 4, [-0.1, 0.0] * 4)[:3] == (0.0, 0.0, 0.0)
    one = bootstrap_ratio([0.2, math.nan], [0.1, 0.1])
    assert (one.mean, one.clips, one.missing, one.speakers) == (2.0, 1, 1, 1)
    assert math.isnan(one.low)
    assert math.isnan(bootstrap_ratio([], []).mean)


def test_seven_speakers_have_no_interval_and_eight_have_one():
    seven, eight = bootstrap_mean(range(7)), bootstrap_mean(range(8))
    assert (seven.mean, seven.speakers) == (3.0, 7)
    assert math.isnan(seven.low)
    assert math.isnan(seven.high)
    assert eight.low < 3.5 < eight.high
    ratio = bootstrap_ratio([2.0] * 7, [1.0] * 7)
    assert ratio.mean == 2.0
    assert math.isnan(ratio.low)
    assert bootstrap_ratio([2.0] * 8, [1.0] * 8)[:3] == (2.0, 2.0, 2.0)


def test_clips_of_one_speaker_are_resampled_together():
    """Ten speakers with ten equal clips each say as much as ten clips."""
    values = np.random.default_rng(2).normal(size=10)
    speakers = [f"s{n}" for n in range(10) for _ in range(10)]
    clips = np.repeat(values, 10)
    together, apart = bootstrap_mean(clips, speakers), bootstrap_mean(clips)
    single = bootstrap_mean(values)
    assert (together.clips, together.speakers) == (100, 10)
    assert together[1:3] == pytest.approx(single[1:3])
    # Standard error: sqrt(10) times too small if the clips are taken for independent.
    assert (together.high - together.low) / (apart.high - apart.low) == pytest.approx(
        math.sqrt(10), rel=0.05
    )
    ratio = bootstrap_ratio(clips**2, np.ones(100), speakers)
    assert ratio[1:3] == pytest.approx(bootstrap_ratio(values**2, np.ones(10))[1:3])
    with pytest.raises(ValueError, match="3 values have 2 speakers"):
        bootstrap_mean([1, 2, 3], ["a", "b"])


def test_a_speaker_with_more_clips_counts_more_in_the_mean_but_not_as_more_speakers():
    interval = bootstrap_mean([0.0, 0.0, 0.0, 4.0], ["a", "a", "a", "b"])
    assert (interval.mean, interval.clips, interval.speakers) == (1.0, 4, 2)
    assert interval.values == (0.0, 4.0)
    ratio = bootstrap_ratio([1.0, 3.0, 9.0], [1.0, 1.0, 3.0], ["a", "a", "b"])
    assert ratio.mean == pytest.approx(13 / 5)
    assert ratio.values == (2.0, 3.0)
    assert not bootstrap_mean(range(8)).values


def test_the_difference_is_that_of_the_clips_that_both_have():
    found = paired_difference([3.0, math.nan, 5.0, math.inf], [1.0, 2.0, 4.0, 1.0])
    assert (found.interval.mean, found.interval.clips, found.interval.missing) == (1.5, 2, 2)
    assert found.p == 0.5  # 2 of 4 flips
    assert math.isnan(paired_difference([], []).p)


def test_the_sign_flip_test_agrees_with_an_enumeration():
    rng = np.random.default_rng(3)
    values, baseline = rng.normal(0.5, 1, 9), rng.normal(0, 1, 9)
    difference = values - baseline
    flips = np.array(np.meshgrid(*[[-1, 1]] * 9)).reshape(9, -1)
    expected = np.mean(np.abs(difference @ flips) >= abs(difference.sum()) - 1e-9)
    found = paired_difference(values, baseline)
    assert found.p == pytest.approx(expected)
    assert found.interval.low < found.interval.mean < found.interval.high
    speakers = [name for name in "abcdefghi" for _ in range(3)]
    thrice = paired_difference(np.repeat(values, 3), np.repeat(baseline, 3), speakers)
    assert thrice.p == pytest.approx(expected)


def test_equal_systems_differ_by_chance_as_often_as_stated():
    rng = np.random.default_rng(4)
    found = [paired_difference(rng.normal(size=7), rng.normal(size=7)).p for _ in range(400)]
    assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.075
