"""Means with the interval that a handful of clips deserves."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
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
    rng = np.random.default_rng(seed)
    rows = max(1, CHUNK // len(kept))
    means = [
        kept[rng.integers(len(kept), size=(min(rows, resamples - done), len(kept)))].mean(1)
        for done in range(0, resamples, rows)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Interval(float(kept.mean()), float(low), float(high), len(kept), missing)


class BootstrapMean(ClipValues):
    """Mean and interval over clips: `compute` gives (3,) mean, low, high."""

    def update(self, value: float) -> None:
        """Add one clip's number."""
        self.add(value)

    def compute(self) -> Tensor:
        """(3,) float64."""
        interval = bootstrap_mean(self.measured().tolist())
        return torch.tensor([interval.mean, interval.low, interval.high], dtype=torch.float64)
