"""Means and ratios over clips with bootstrap intervals, by `scipy.stats.bootstrap`.

Source: Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13, percentile intervals.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
BATCH_VALUES = 1_000_000  # resampled values in memory at a time

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean over clips with its confidence interval.

    Attributes:
        mean: over the clips that have a value; NaN without any.
        low: lower end of the interval; NaN for fewer than two clips.
        high: upper end of the interval; NaN for fewer than two clips.
        clips: number of clips with a value.
        missing: number of clips whose value is NaN, because it cannot be measured on them.
    """

    mean: float
    low: float
    high: float
    clips: int
    missing: int


def _resample(samples: list[Values], statistic: Callable[..., Values], seed: int) -> Values:
    """Bootstrap distribution (RESAMPLES,) of a statistic of paired samples (n,) each."""
    # Imported on use: it costs half a second that no training or audit needs.
    from scipy.stats import bootstrap

    with np.errstate(
        invalid="ignore"
    ):  # scipy's own interval is not used: it cannot hold infinities
        result = bootstrap(
            samples,
            statistic,
            n_resamples=RESAMPLES,
            batch=max(1, BATCH_VALUES // len(samples[0])),
            vectorized=True,
            paired=len(samples) > 1,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    return np.asarray(result.bootstrap_distribution, np.float64)


def bootstrap_mean(
    values: Iterable[float], confidence: float = CONFIDENCE, seed: int = 0
) -> Interval:
    """Mean over clips with its percentile bootstrap interval.

    The same values and seed give the same interval.

    Args:
        values: one number per clip; NaN if it cannot be measured on that clip.
        confidence: probability that the interval stands for, 0-1.
        seed: of the resampling.

    Raises:
        ValueError: a value is infinite.

    Examples:
        >>> interval = bootstrap_mean([1.0, 2.0, float("nan"), 3.0])
        >>> interval.mean, interval.clips, interval.missing
        (2.0, 3, 1)
        >>> bool(1.0 <= interval.low <= interval.mean <= interval.high <= 3.0)
        True
    """
    given = np.asarray(list(values), np.float64)
    if np.isinf(given).any():
        raise ValueError("an infinite value has no mean")
    kept = given[~np.isnan(given)]
    missing = len(given) - len(kept)
    if len(kept) < 2:
        mean = float(kept[0]) if len(kept) else float("nan")
        return Interval(mean, float("nan"), float("nan"), len(kept), missing)
    means = _resample([kept], lambda sample, axis: sample.mean(axis), seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(kept.mean()), float(low), float(high), len(kept), missing)


def _quotient(numerators: Values, denominators: Values) -> Values:
    """Elementwise quotient; values below 0 count as 0, 0/0 is 0, anything else over 0 is infinite."""
    above = np.maximum(numerators, 0.0)
    endless = np.where(above > 0, np.inf, 0.0)
    positive = denominators > 0
    return np.where(positive, above / np.where(positive, denominators, 1.0), endless)


def bootstrap_ratio(
    numerators: Iterable[float],
    denominators: Iterable[float],
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """Ratio of two means over clips with its percentile bootstrap interval, clips resampled as pairs.

    Both numbers measure an amount. A mean below 0 counts as 0: the ratio, or an end of its interval, is then
    0 or infinite.

    Args:
        numerators: one number per clip.
        denominators: one number per clip, of the same clips in the same order.
        confidence: probability that the interval stands for, 0-1.
        seed: of the resampling.

    Returns:
        The interval; clips without two finite numbers count as missing.
    """
    given = np.array([list(numerators), list(denominators)], np.float64)  # (2, n)
    kept = given[:, np.isfinite(given).all(0)]
    clips, missing = kept.shape[1], given.shape[1] - kept.shape[1]
    if not clips:
        return Interval(float("nan"), float("nan"), float("nan"), 0, missing)
    ratio = float(_quotient(*kept.mean(1)))
    if clips < 2:
        return Interval(ratio, float("nan"), float("nan"), 1, missing)
    ratios = _resample(
        list(kept), lambda one, other, axis: _quotient(one.mean(axis), other.mean(axis)), seed
    )
    tail = (1 - confidence) / 2
    # Infinite ratios cannot be interpolated: take the next resampled one outwards.
    low = np.quantile(ratios, tail, method="lower")
    high = np.quantile(ratios, 1 - tail, method="higher")
    return Interval(ratio, float(low), float(high), clips, missing)
