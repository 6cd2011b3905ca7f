"""Means over clips: all rows of a table over the same clips, with intervals over speakers."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from wav2lip.evaluation.results import METRICS, OFFSETS, RATIO, ClipScores, Results
from wav2lip.evaluation.systems import FROZEN, LATE, REAL
from wav2lip.metrics.bootstrap import (
    Difference,
    Interval,
    bootstrap_mean,
    bootstrap_ratio,
    paired_difference,
)

SystemMeans = dict[str, dict[str, Interval]]  # system -> metric -> mean over the common clips


@dataclass
class Summary:
    """The means of an evaluation.

    Attributes:
        means: system -> metric -> interval. A metric that no clip of a system has is left out.
        left_out: metric -> clips that some system has a value for and another has not; they are in no row of
            this metric.
        differences: system -> metric -> difference of its videos to the real ones, on the same clips.
    """

    means: SystemMeans = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    differences: dict[str, dict[str, Difference]] = field(default_factory=dict)

    def metrics_without(self) -> dict[tuple[str, ...], list[str]]:
        """The metrics by the clips that are left out of them."""
        found: dict[tuple[str, ...], list[str]] = {}
        for metric, clips in self.left_out.items():
            found.setdefault(tuple(clips), []).append(metric)
        return found


def _parts(metric: str) -> tuple[str, ...]:
    """The columns that a metric is made from."""
    return ("agreement_swapped", "agreement_source") if metric == RATIO else (metric,)


def _known(metric: str, rows: Iterable[ClipScores]) -> set[str]:
    """The clips with a finite value. The PSNR of a clip without an error is infinite, and has no mean."""
    return {
        row.clip
        for row in rows
        if all(math.isfinite(row.values.get(part, math.nan)) for part in _parts(metric))
    }


def _interval(metric: str, rows: list[ClipScores]) -> Interval:
    """Mean of a metric; offsets: the median without an interval; `RATIO`: the ratio of two means."""
    speakers = [row.speaker for row in rows]
    columns = [[row.values[part] for row in rows] for part in _parts(metric)]
    if metric == RATIO:
        numerators, denominators = columns
        return bootstrap_ratio(numerators, denominators, speakers)
    if metric in OFFSETS:
        median = float(np.median(columns[0]))
        return Interval(median, math.nan, math.nan, len(rows), 0, len(set(speakers)))
    return bootstrap_mean(columns[0], speakers)


def _differences(
    judged: list[ClipScores], real: list[ClipScores], common: Mapping[str, set[str]]
) -> dict[str, Difference]:
    """Differences of the videos of one system to the real ones, by metric; medians and ratios have none.

    They are over the clips (`common`, by metric) that the means are over.
    """
    of_clip = {row.clip: row for row in judged}
    found = {}
    for metric in METRICS:
        if metric not in (*OFFSETS, RATIO):
            shared = of_clip.keys() & common.get(metric, set())
            pairs = [(of_clip[row.clip], row) for row in real if row.clip in shared]
            values, baseline = (
                [pair[side].values.get(metric, math.nan) for pair in pairs] for side in (0, 1)
            )
            speakers = [row.speaker for row, _ in pairs]
            difference = paired_difference(values, baseline, speakers)
            if difference.interval.clips:
                found[metric] = difference
    return found


def pair_name(clip: str) -> str:
    """Return the pair of a row: rows of face tracks are called PAIR#NUMBER."""
    pair, mark, number = clip.rpartition("#")
    return pair if mark and number.isdecimal() else clip


def summarise(results: Results) -> Summary:
    """Mean of every metric over the clips that all systems have, with its bootstrap interval over speakers.

    A system without a single value of a metric, such as the PSNR of the real video, does not count. Compute it
    once: it costs 10,000 resamples per metric and system.

    Returns:
        The means. Offsets are medians without an interval; `agreement_ratio` is a ratio of two means.
    """
    summary = Summary({system: {} for system in results.systems()})
    rows = {system: results.of(system) for system in summary.means}
    clips_of = {system: {row.clip for row in rows[system]} for system in rows}
    common_clips: dict[str, set[str]] = {}  # by metric
    for metric in METRICS:
        known = {system: _known(metric, rows[system]) for system in rows}
        measured = [clips for clips in known.values() if clips]
        if measured:
            common, some = set.intersection(*measured), set.union(*measured)
            common_clips[metric] = common
            if some - common:
                summary.left_out[metric] = sorted(some - common)
        for system, clips in known.items():
            whole = results.set_values.get(system, {})
            if metric in whole:
                shared, left_out = results.set_clips[metric]
                # Rows of face tracks are called PAIR#NUMBER; what is over all clips is over pairs.
                inside = [row for row in rows[system] if pair_name(row.clip) in shared]
                speakers = len({row.speaker for row in inside})
                missing = len(clips_of[system]) - len({row.clip for row in inside})
                found = Interval(whole[metric], math.nan, math.nan, len(shared), missing, speakers)
                if left_out:
                    summary.left_out[metric] = left_out
            elif clips and common:
                found = _interval(metric, [row for row in rows[system] if row.clip in common])
                found = found._replace(missing=len(clips_of[system] - common))
            else:
                continue
            summary.means[system][metric] = found
    for system, judged in rows.items():
        if system not in (REAL, LATE, FROZEN):
            found_differences = _differences(judged, rows.get(REAL, []), common_clips)
            if found_differences:
                summary.differences[system] = found_differences
    return summary
