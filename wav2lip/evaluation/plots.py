"""Plots of the scores: distance against AV offset, confidence over time."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wav2lip.evaluation.results import SYSTEMS, ClipScores, Results
from wav2lip.metrics.lse import AV_OFFSETS
from wav2lip.utils.files import write_atomically

PALETTE = (
    *("tab:red", "tab:purple", "tab:green", "tab:brown"),  # generated
    *("tab:red", "tab:blue", "tab:orange", "tab:gray"),
)
COLOURS = dict(zip(SYSTEMS, PALETTE, strict=True))
SIZE = (7.0, 4.0)  # inches
DPI = 110
FAINT = 0.2  # opacity of the line of a single clip
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
        axes.plot(AV_OFFSETS, mean, color=COLOURS[system], label=system, lw=2)
    axes.axvline(0, color="black", lw=0.6)
    axes.legend(fontsize="small")
    return figure


def _mean_confidence(
    rows: list[ClipScores],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle of each second, and the mean confidence over clips in it."""
    seconds = np.concatenate([np.floor(row.sync.curve.times) for row in rows])
    values = np.concatenate([row.sync.curve.confidence for row in rows])
    known = np.isfinite(values)  # an end may have no sound at the clip's offset
    seconds, values = seconds[known], values[known]
    every = np.unique(seconds)
    return every + 0.5, np.array([values[seconds == second].mean() for second in every])


def confidence_figure(results: Results) -> Figure:
    """Confidence over time at each clip's own offset: one line per system, its clips faint behind it."""
    figure, axes = _figure(results.judge["label"], "time (s)", "confidence at the clip's AV offset")
    for system in results.systems():
        rows = results.of(system)
        for row in rows[:MAX_LINES] if len(rows) > 1 else []:
            curve = row.sync.curve
            axes.plot(curve.times, curve.confidence, color=COLOURS[system], alpha=FAINT, lw=0.6)
        times, mean = _mean_confidence(rows)
        axes.plot(times, mean, color=COLOURS[system], label=system, lw=2, marker=".")
    axes.axhline(0, color="black", lw=0.6)
    axes.legend(fontsize="small")
    return figure


def write_plots(results: Results, folder: Path) -> None:
    """Write distance.png and confidence.png.

    Raises:
        InputError: the folder cannot be written.
    """
    for name, plot in (("distance", distance_figure), ("confidence", confidence_figure)):
        data = io.BytesIO()
        plot(results).savefig(data, format="png")
        write_atomically(folder / f"{name}.png", data.getvalue())
