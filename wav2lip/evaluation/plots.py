"""Plots of the scores: distance against AV offset, confidence over time."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wav2lip.evaluation.results import ClipScores, Results
from wav2lip.evaluation.systems import SYSTEMS
from wav2lip.metrics.lse import AV_OFFSETS

PALETTE = (
    *("tab:red", "tab:purple", "tab:pink", "tab:green", "tab:brown"),  # generated
    *("tab:red", "tab:blue", "tab:orange", "tab:gray"),
)
COLOURS = dict(zip(SYSTEMS, PALETTE, strict=True))
SIZE = (7.0, 4.0)  # inches
DPI = 110
FAINT = 0.2  # opacity of the line of a single clip
BAND = 0.15  # opacity of a band
MAX_LINES = 60  # clips per system with a line of their own; the mean is over all


def _figure(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(SIZE, DPI, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.title.set_fontsize("small")
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def distance_figure(results: Results) -> Figure:
    """Mean distance at every AV offset: one line per system, its clips faint behind it."""
    label = "AV offset (frames of 40 ms; positive: the sound comes early)"
    figure, axes = _figure(results.judge["label"], label, "mean distance")
    for system in results.systems():
        rows = results.of(system)
        for row in rows[:MAX_LINES] if len(rows) > 1 else []:
            axes.plot(AV_OFFSETS, row.sync.distances, color=COLOURS[system], alpha=FAINT, lw=0.6)
        mean = np.mean([row.sync.distances for row in rows], axis=0)
        axes.plot(
            AV_OFFSETS, mean, color=COLOURS[system], label=f"{system} (n = {len(rows)})", lw=2
        )
    axes.axvline(0, color="black", lw=0.6)
    axes.legend(fontsize="small")
    return figure


class SecondStatistics(NamedTuple):
    """Confidence over time, all (S,).

    Attributes:
        times: middle of each second.
        mean: over the clips that last that long.
        low: lower quartile.
        high: upper quartile.
        clips: number of clips.
    """

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    clips: NDArray[np.int64]


def confidence_by_second(rows: Sequence[ClipScores]) -> SecondStatistics:
    """Collect the confidence of all clips by second."""
    seconds = np.concatenate([np.floor(row.sync.curve.times) for row in rows])
    values = np.concatenate([row.sync.curve.confidence for row in rows])
    of_clip = np.concatenate([np.full(len(row.sync.curve.times), k) for k, row in enumerate(rows)])
    known = np.isfinite(values)  # an end may have no sound at the clip's offset
    seconds, values, of_clip = seconds[known], values[known], of_clip[known]
    every = np.unique(seconds)
    each = [values[seconds == second] for second in every]
    quartiles = np.array([np.quantile(found, [0.25, 0.75]) for found in each]).reshape(-1, 2)
    return SecondStatistics(
        every + 0.5,
        np.array([found.mean() for found in each]),
        quartiles[:, 0],
        quartiles[:, 1],
        np.array([len(np.unique(of_clip[seconds == s])) for s in every], np.int64),
    )


def confidence_figure(results: Results) -> Figure:
    """Confidence over time at each clip's own offset: mean and middle half by system; below it the number of clips."""
    figure = Figure(SIZE, DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    for system in results.systems():
        found = confidence_by_second(results.of(system))
        colour = COLOURS[system]
        upper.plot(found.times, found.mean, color=colour, label=system, lw=2, marker=".")
        if found.clips.max(initial=0) > 1:
            upper.fill_between(found.times, found.low, found.high, color=colour, alpha=BAND, lw=0)
        lower.step(found.times, found.clips, color=colour, where="mid")
    upper.axhline(0, color="black", lw=0.6)
    upper.set_title(f"{results.judge['label']}; band: middle half of the clips", fontsize="small")
    upper.set_ylabel("confidence at AV offset")
    upper.legend(fontsize="small", framealpha=0.5)
    lower.set(xlabel="time (s)", ylabel="clips")
    lower.set_ylim(bottom=0)
    lower.yaxis.get_major_locator().set_params(integer=True)
    for axes in (upper, lower):
        axes.grid(visible=True, alpha=0.3)
    return figure


def as_png(figure: Figure) -> bytes:
    """Render a figure as a PNG file."""
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()
