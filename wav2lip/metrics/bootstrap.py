"""Means with the interval that a handful of clips deserves."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wav2lip.metrics.clip_values import ClipValues

RESAMPLES = 10_000
CONFIDENCE = 0.95
CHUNK = 1_000_000  # drawn values held at a time


class Interval(NamedTuple):
    """A mean over clips and where it would likely fall with other clips of the same kind."""

    mean: float
    low: float
    high: float
    clips: int  # clips that count
    missing: int  # clips whose value is NaN: not measurable, not dropped in silence


def _resampled_means(values: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Means (resamples, ...) over rows drawn with replacement from `values` (n, ...)."""
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // values.size)
    return np.concatenate(
        [
            values[rng.integers(len(values), size=(min(rows, resamples - done), len(values)))].mean(
                1
            )
            for done in range(0, resamples, rows)
        ]
    )


def bootstrap_mean(
    values: Iterable[float],
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap of the mean of one number a clip (Efron & Tibshirani 1993, ch. 13).

    One clip has no interval (low and high NaN), none no mean either. The same values and seed give
    the same interval.
    """
    given = np.asarray(list(values), np.float64)
    if np.isinf(given).any():
        raise ValueError("an infinite value has no mean")
    kept = given[~np.isnan(given)]
    missing = len(given) - len(kept)
    if len(kept) < 2:
        mean = float(kept[0]) if len(kept) else float("nan")
        return Interval(mean, float("nan"), float("nan"), len(kept), missing)
    tail = (1 - confidence) / 2
    low, high = np.quantile(_resampled_means(kept, resamples, seed), [tail, 1 - tail])
    return Interval(float(kept.mean()), float(low), float(high), len(kept), missing)


def _quotients(numerators: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Elementwise; what is not above 0 stands for 0: 0 over it is 0, more over it infinite."""
    above = np.maximum(numerators, 0.0)
    endless = np.where(above > 0, np.inf, 0.0)
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), endless)


def bootstrap_ratio(
    numerators: Iterable[float],
    denominators: Iterable[float],
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Ratio of the means of two numbers a clip, clips drawn as pairs; else as `bootstrap_mean`.

    Both measure how much there is of something, so that a mean below 0 counts as 0: the ratio is
    then 0, or infinite, and so may be the ends of the interval.
    """
    given = np.array([list(numerators), list(denominators)], np.float64).T  # (n,2)
    kept = given[np.isfinite(given).all(1)]
    missing = len(given) - len(kept)
    if not len(kept):
        return Interval(float("nan"), float("nan"), float("nan"), 0, missing)
    ratio = float(_quotients(*kept.mean(0, keepdims=True).T)[0])
    if len(kept) < 2:
        return Interval(ratio, float("nan"), float("nan"), 1, missing)
    drawn = _quotients(*_resampled_means(kept, resamples, seed).T)
    tail = (1 - confidence) / 2
    # Infinite ratios cannot be interpolated: the next drawn one outwards is taken.
    low = np.quantile(drawn, tail, method="lower")
    high = np.quantile(drawn, 1 - tail, method="higher")
    return Interval(ratio, float(low), float(high), len(kept), missing)


class BootstrapMean(ClipValues):
    """Mean and interval over clips: `compute` gives (3,) mean, low, high."""

    def update(self, value: float) -> None:
        """Add one clip's number."""
        self.add(value)

    def compute(self) -> Tensor:
        """(3,) float64."""
        interval = bootstrap_mean(self.measured().tolist())
        return torch.tensor([interval.mean, interval.low, interval.high], dtype=torch.float64)
