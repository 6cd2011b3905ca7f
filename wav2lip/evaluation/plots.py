"""Two pictures of the scores: distance against shift, confidence over time."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wav2lip.evaluation.results import SYSTEMS, ClipScores, Results
from wav2lip.types import MAX_SHIFT
from wav2lip.utils.files import write_atomically

COLOURS = dict(
    zip(SYSTEMS, ("tab:red", "tab:red", "tab:blue", "tab:orange", "tab:gray"), strict=True)
)
SIZE = (7.0, 4.0)  # inches
DPI = 110
FAINT = 0.2  # opacity of a single clip's line
MOST_LINES = 60  # clips a system drawn one by one; the mean is of all


def _figure(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(SIZE, DPI, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.title.set_fontsize("small")
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def distance_figure(results: Results) -> Figure:
    """Mean distance at every shift, a line a system, its clips faint behind it."""
    figure, axes = _figure(
        results.judge["label"], "shift of the sound (frames of 40 ms)", "mean distance"
    )
    shifts = np.arange(-MAX_SHIFT, MAX_SHIFT + 1)
    for system in results.systems():
        rows = results.of(system)
        for row in rows[:MOST_LINES] if len(rows) > 1 else []:
            axes.plot(shifts, row.sync.distances, color=COLOURS[system], alpha=FAINT, lw=0.6)
        mean = np.mean([row.sync.distances for row in rows], axis=0)
        axes.plot(shifts, mean, color=COLOURS[system], label=system, lw=2)
    axes.axvline(0, color="black", lw=0.6)
    axes.legend(fontsize="small")
    return figure


def _course(rows: list[ClipScores]) -> tuple[np.ndarray, np.ndarray]:
    """Mean confidence over clips by second."""
    seconds = np.concatenate([np.floor(row.sync.curve.times) for row in rows])
    values = np.concatenate([row.sync.curve.confidence for row in rows])
    known = np.isfinite(values)  # an end may have no sound at the clip's offset
    seconds, values = seconds[known], values[known]
    every = np.unique(seconds)
    return every + 0.5, np.array([values[seconds == second].mean() for second in every])


def confidence_figure(results: Results) -> Figure:
    """Confidence over time at each clip's own offset, a line a system, its clips faint behind."""
    figure, axes = _figure(results.judge["label"], "time (s)", "confidence at the clip's offset")
    for system in results.systems():
        rows = results.of(system)
        for row in rows[:MOST_LINES] if len(rows) > 1 else []:
            curve = row.sync.curve
            axes.plot(curve.times, curve.confidence, color=COLOURS[system], alpha=FAINT, lw=0.6)
        times, mean = _course(rows)
        axes.plot(times, mean, color=COLOURS[system], label=system, lw=2, marker=".")
    axes.axhline(0, color="black", lw=0.6)
    axes.legend(fontsize="small")
    return figure


def write_plots(results: Results, folder: Path) -> None:
    """Write distance.png and confidence.png. Raises InputError where that cannot be."""
    for name, draw in (("distance", distance_figure), ("confidence", confidence_figure)):
        data = io.BytesIO()
        draw(results).savefig(data, format="png")
        write_atomically(folder / f"{name}.png", data.getvalue())
