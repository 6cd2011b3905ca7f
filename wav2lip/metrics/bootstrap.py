"""Means, ratios and paired differences over clips with bootstrap intervals, by `scipy.stats`.

Clips of one speaker belong together: they are resampled as one (cluster bootstrap). Sources: Efron & Tibshirani,
"An Introduction to the Bootstrap" (1993), ch. 13, percentile intervals; Davison & Hinkley, "Bootstrap Methods
and their Application" (1997), sec. 3.8, clusters; Good, "Permutation, Parametric and Bootstrap Tests of
Hypotheses" (2005), sec. 3.2, sign flips.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
CONFIDENCE = 0.95
BATCH_VALUES = 1_000_000  # resampled values in memory at a time
MIN_SPEAKERS = 8  # fewer do not show how much speakers differ: no interval
NAN = float("nan")

Values = NDArray[np.float64]


class Interval(NamedTuple):
    """A mean over clips with its confidence interval.

    Attributes:
        mean: over the clips that have a value; NaN without any.
        low: lower end of the interval; NaN for fewer than `MIN_SPEAKERS` speakers.
        high: upper end of the interval; NaN for fewer than `MIN_SPEAKERS` speakers.
        clips: number of clips with a value.
        missing: number of clips whose value is NaN, because it cannot be measured on them.
        speakers: number of speakers of the clips with a value.
        values: mean over the clips of each speaker if there are too few for an interval, else empty.
    """

    mean: float
    low: float
    high: float
    clips: int
    missing: int
    speakers: int
    values: tuple[float, ...] = ()


class Difference(NamedTuple):
    """The mean difference to a baseline on the same clips.

    Attributes:
        interval: of the difference, value minus baseline.
        p: two-sided probability of a difference at least as large if the sign of each speaker's difference were
            chance; NaN without any clip.
    """

    interval: Interval
    p: float


def _resample(samples: Sequence[Values], statistic: Callable[..., Values], seed: int) -> Values:
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
            paired=True,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    return np.asarray(result.bootstrap_distribution, np.float64)


def _sums(kept: Values, speakers: Sequence[Hashable] | None, chosen: NDArray[np.bool_]) -> Values:
    """Sums over the clips of each speaker: (columns + 1, speakers), in the last row the numbers of clips.

    Args:
        kept: (columns, clips) values.
        speakers: of all clips; None: each clip has its own.
        chosen: (all clips,) which of them `kept` holds.
    """
    rows = np.vstack([kept, np.ones(kept.shape[1])])
    if speakers is None:
        return rows
    if len(speakers) != len(chosen):
        raise ValueError(f"{len(chosen)} values have {len(speakers)} speakers")
    number: dict[Hashable, int] = {}
    of_clip = [
        number.setdefault(name, len(number))
        for name, known in zip(speakers, chosen, strict=True)
        if known
    ]
    sums = np.zeros((len(rows), len(number)))
    for row, total in zip(rows, sums, strict=True):
        np.add.at(total, of_clip, row)
    return sums


def bootstrap_mean(
    values: Iterable[float],
    speakers: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """Mean over clips with its percentile bootstrap interval.

    The same values and seed give the same interval.

    Args:
        values: one number per clip; NaN if it cannot be measured on that clip.
        speakers: who speaks in each clip; clips of one speaker are resampled together. None: each clip has a
            speaker of its own.
        confidence: probability that the interval stands for, 0-1.
        seed: of the resampling.

    Raises:
        ValueError: a value is infinite, or `speakers` has another length.

    Examples:
        >>> interval = bootstrap_mean([1.0, 2.0, 4.0, 5.0, float("nan"), 3.0, 1.0, 2.0, 6.0])
        >>> interval.mean, interval.clips, interval.missing, interval.speakers
        (3.0, 8, 1, 8)
        >>> bool(1.0 < interval.low < interval.mean < interval.high < 6.0)
        True
        >>> bootstrap_mean([1.0, 3.0, 5.0], ["anna", "anna", "ben"]).values  # too few for an interval
        (2.0, 5.0)
    """
    given = np.asarray(list(values), np.float64)
    if np.isinf(given).any():
        raise ValueError("an infinite value has no mean")
    known = ~np.isnan(given)
    kept = given[known]
    missing = len(given) - len(kept)
    sums = _sums(kept[None], speakers, known)
    count = sums.shape[1]
    mean = float(kept.mean()) if len(kept) else NAN
    if count < MIN_SPEAKERS:
        each = tuple((sums[0] / sums[1]).tolist())
        return Interval(mean, NAN, NAN, len(kept), missing, count, each)
    means = _resample(
        tuple(sums), lambda total, clips, axis: total.sum(axis) / clips.sum(axis), seed
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean, float(low), float(high), len(kept), missing, count)


def _quotient(numerators: Values, denominators: Values) -> Values:
    """Elementwise quotient; values below 0 count as 0, 0/0 is 0, anything else over 0 is infinite."""
    above = np.maximum(numerators, 0.0)
    endless = np.where(above > 0, np.inf, 0.0)
    positive = denominators > 0
    return np.where(positive, above / np.where(positive, denominators, 1.0), endless)


def bootstrap_ratio(
    numerators: Iterable[float],
    denominators: Iterable[float],
    speakers: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """Ratio of two means over clips with its percentile bootstrap interval, clips resampled as pairs.

    Both numbers measure an amount. A mean below 0 counts as 0: the ratio, or an end of its interval, is then
    0 or infinite.

    Args:
        numerators: one number per clip.
        denominators: one number per clip, of the same clips in the same order.
        speakers: as for `bootstrap_mean`.
        confidence: probability that the interval stands for, 0-1.
        seed: of the resampling.

    Returns:
        The interval; clips without two finite numbers count as missing.
    """
    given = np.array([list(numerators), list(denominators)], np.float64)  # (2, n)
    known = np.asarray(np.isfinite(given).all(0), np.bool_)
    kept = given[:, known]
    clips, missing = kept.shape[1], given.shape[1] - kept.shape[1]
    sums = _sums(kept, speakers, known)[:2]
    count = sums.shape[1]
    ratio = float(_quotient(*kept.mean(1))) if clips else NAN
    if count < MIN_SPEAKERS:
        each = tuple(_quotient(*sums).tolist())
        return Interval(ratio, NAN, NAN, clips, missing, count, each)
    ratios = _resample(
        tuple(sums), lambda one, other, axis: _quotient(one.sum(axis), other.sum(axis)), seed
    )
    tail = (1 - confidence) / 2
    # Infinite ratios cannot be interpolated: take the next resampled one outwards.
    low = np.quantile(ratios, tail, method="lower")
    high = np.quantile(ratios, 1 - tail, method="higher")
    return Interval(ratio, float(low), float(high), clips, missing, count)


def paired_difference(
    values: Iterable[float],
    baseline: Iterable[float],
    speakers: Sequence[Hashable] | None = None,
    seed: int = 0,
) -> Difference:
    """Mean difference to a baseline on the same clips, with interval and sign-flip test.

    The test flips the sign of each speaker's summed difference. It is exact for up to 13 speakers and samples
    10,000 flips above.

    Args:
        values: one number per clip; NaN or infinite if it cannot be measured on that clip.
        baseline: one number per clip, of the same clips in the same order.
        speakers: as for `bootstrap_mean`.
        seed: of the resampling.

    Returns:
        The difference; clips without two finite numbers count as missing.

    Examples:
        >>> difference = paired_difference([2.0, 3.0, 4.0], [1.0, 2.0, 3.0])
        >>> difference.interval.mean, difference.p  # of 8 flips 2 are as large
        (1.0, 0.25)
    """
    from scipy.stats import permutation_test

    both = np.array([list(values), list(baseline)], np.float64)
    known = np.asarray(np.isfinite(both).all(0), np.bool_)
    differences = np.where(known, both[0], 0.0) - np.where(known, both[1], 0.0)
    interval = bootstrap_mean(np.where(known, differences, NAN), speakers, seed=seed)
    if not interval.clips:
        return Difference(interval, NAN)
    total = _sums(differences[known][None], speakers, known)[0]
    if len(total) == 1:
        return Difference(interval, 1.0)
    test = permutation_test(
        (total,),
        lambda sample, axis: sample.sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, BATCH_VALUES // len(total)),
        rng=np.random.default_rng(seed),
    )
    return Difference(interval, float(test.pvalue))
