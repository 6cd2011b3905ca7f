"""What an evaluation found: a row a clip and system, what was skipped, means over clips."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wav2lip.evaluation.scorer import CONTROL_SHIFT, SyncScores
from wav2lip.metrics.bootstrap import Interval, bootstrap_mean, bootstrap_ratio

GENERATED = "generated"
VIDEO = "video"  # one that is judged as it is
REAL = "real"
LATE = f"sound {CONTROL_SHIFT} frames late"
FROZEN = "frozen mouth"
OFFSETS = ("offset", "offset_fine")  # a mean would follow the clips that the judge got wrong
SYSTEMS = (GENERATED, VIDEO, REAL, LATE, FROZEN)  # in the order of the table

# Name -> heading and digits, in the order of the tables.
SYNC = {
    "lse_d": ("LSE-D", 3),
    "lse_c": ("LSE-C", 3),
    "offset": ("offset", 1),
    "offset_fine": ("fine", 2),
    "in_sync": ("offset ≤ 1", 2),
    "lse_d_at_0": ("D at 0", 3),
    "lse_c_at_0": ("C at 0", 3),
}
PICTURES = {
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "ms_ssim": ("MS-SSIM", 3),
    "sharpness_ratio": ("sharpness", 2),
    "jitter_ratio": ("jitter", 2),
    "pause_motion_ratio": ("closure", 2),
    "fid": ("FID", 1),
}
RATIO = "agreement_ratio"
LEAK = {
    "agreement_right": ("right", 3),
    "agreement_sound": ("another's: sound", 3),
    "agreement_source": ("another's: source", 3),
    RATIO: ("sound / source", 1),
    "agreement_late": ("late", 3),
    "muted_source": ("muted: source", 3),
    "response": ("response", 2),
}
METRICS = SYNC | PICTURES | LEAK


@dataclass(frozen=True)
class ClipScores:
    """One clip in one system's version."""

    clip: str
    system: str
    values: dict[str, float]  # by metric; NaN where it cannot be measured
    sync: SyncScores
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Skipped:
    """What was not scored, and why."""

    clip: str
    what: str
    reason: str


@dataclass
class Results:
    """Everything that one run of evaluate.py found."""

    judge: dict[str, Any]
    generator: dict[str, Any] | None
    settings: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    clips: list[ClipScores] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    of_sets: dict[str, dict[str, float]] = field(default_factory=dict)  # system -> metric -> value

    def systems(self) -> list[str]:
        """Those that have clips, in the order of the table."""
        present = {row.system for row in self.clips}
        return [system for system in SYSTEMS if system in present]

    def of(self, system: str) -> list[ClipScores]:
        """One system's rows."""
        return [row for row in self.clips if row.system == system]


def sync_values(sync: SyncScores) -> dict[str, float]:
    """The judge's part of a row's values."""
    values = sync.values()
    return {**values, "in_sync": float(abs(values["offset"]) <= 1)}


def _finite(values: Iterable[float]) -> list[float]:
    """A clip without an error has an infinite PSNR, which no mean can hold: it counts as missing."""
    return [value if math.isfinite(value) else math.nan for value in values]


def agreement_ratio(rows: list[ClipScores]) -> Interval:
    """How many times as much mouths follow the sound as their source: of the means, not a clip's."""
    sound, source = (
        [row.values.get(metric, math.nan) for row in rows]
        for metric in ("agreement_sound", "agreement_source")
    )
    return bootstrap_ratio(sound, source)


def summarise(results: Results) -> dict[str, dict[str, Interval]]:
    """System -> metric -> mean over its clips with its bootstrap interval.

    Offsets are medians over clips, without an interval; `agreement_ratio` is a ratio of two means. A metric
    that no clip of any system has is left out.
    """
    summary: dict[str, dict[str, Interval]] = {}
    for system in results.systems():
        rows, found = results.of(system), {}
        for metric in METRICS:
            values = _finite(row.values.get(metric, math.nan) for row in rows)
            interval = bootstrap_mean(values)
            if metric == RATIO:
                interval = agreement_ratio(rows)
            if metric in OFFSETS:
                middle = float(np.median(values))
                interval = Interval(middle, math.nan, math.nan, interval.clips, interval.missing)
            if metric in results.of_sets.get(system, {}):
                whole = results.of_sets[system][metric]
                interval = Interval(whole, math.nan, math.nan, len(rows), 0)
            if interval.clips:
                found[metric] = interval
        summary[system] = found
    return summary
