"""Plots of the mouth: its opening over time beside the sound's level, and LipLeak over thresholds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wav2lip.evaluation.mesh_metrics import LEVEL_FLOOR
from wav2lip.evaluation.plots import COLOURS, DPI, SIZE, as_png
from wav2lip.evaluation.results import ClipScores, MouthSeries, Results
from wav2lip.evaluation.systems import FIRST_FRAME, GENERATED, REAL, SILENCE, VIDEO
from wav2lip.metrics.lip_leak import OPEN_MAR, THRESHOLDS, lip_leak_curve
from wav2lip.types import FPS

SAME_SOUND = (REAL, GENERATED, VIDEO, FIRST_FRAME)
Series = NDArray[np.float64]


def mouth_figure(title: str, series: Mapping[str, MouthSeries]) -> Figure:
    """Mouth aspect ratio over time, one line per video, above the level of the sound that is spoken.

    Args:
        title: name of the clip.
        series: name of a video -> its mouth; a gap in the line where no mesh was found. The level is that of the first.
    """
    figure = Figure(
        SIZE, DPI
    )  # a layout that fits itself takes twice as long, and there is one plot per clip
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    figure.subplots_adjust(left=0.1, right=0.98, top=0.93, bottom=0.11, hspace=0.1)
    for name, values in series.items():
        times = (values.first + np.arange(len(values.mar))) / FPS
        colour = COLOURS.get(name)
        upper.plot(times, values.mar, label=name, color=colour, lw=1.4)
    upper.set_title(title, fontsize="small")
    upper.set_ylabel("mouth aspect ratio")
    upper.legend(fontsize="small")
    sound = next(iter(series.values()))
    times = (sound.first + np.arange(len(sound.level))) / FPS
    lower.fill_between(times, LEVEL_FLOOR, sound.level, step="post", color="tab:gray", alpha=0.6)
    lower.set(xlabel="time (s)", ylabel="level (dB)", ylim=(LEVEL_FLOOR, 3))
    for axes in (upper, lower):
        axes.grid(visible=True, alpha=0.3)
        axes.margins(x=0)
    return figure


def leak_curve_figure(
    thresholds: Sequence[float], curves: Mapping[str, Series], threshold: float | None = None
) -> Figure:
    """LipLeak over the threshold above which a mouth counts as open.

    Args:
        thresholds: (T,) mouth aspect ratios.
        curves: system -> (clips, T) share of open frames of each clip; the line is the mean, the band the middle half.
        threshold: the one of the table, marked.
    """
    figure = Figure(SIZE, DPI, layout="constrained")
    axes = figure.subplots()
    for name, values in curves.items():
        clips = np.atleast_2d(values)
        (line,) = axes.plot(
            thresholds, clips.mean(axis=0), lw=2, label=f"{name} (n = {len(clips)})"
        )
        if len(clips) > 1:
            low, high = np.quantile(clips, [0.25, 0.75], axis=0)
            axes.fill_between(thresholds, low, high, color=line.get_color(), alpha=0.15, lw=0)
    if threshold is not None:
        axes.axvline(threshold, color="black", lw=0.8, ls="--", label="threshold of the table")
    axes.set(
        title="how often the mouth is open; band: middle half of the clips",
        xlabel="threshold (mouth aspect ratio)",
        ylabel="LipLeak: share of frames with an open mouth",
        ylim=(-0.02, 1.02),
    )
    axes.title.set_fontsize("small")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")
    return figure


def mouth_plot(rows: Sequence[ClipScores]) -> bytes | None:
    """Plot the mouths of the videos of one clip that say what the real one says.

    Args:
        rows: of the clip, one per system.

    Returns:
        PNG; None without meshes.
    """
    known = {row.system: row.mouth for row in rows if row.mouth is not None}
    series = {system: known[system] for system in SAME_SOUND if system in known}
    return as_png(mouth_figure(rows[0].clip, series)) if series else None


def leak_curve_plot(results: Results) -> Figure | None:
    """LipLeak over thresholds of the rows `silence` and `real`; None without meshes of the first."""
    curves = {}
    for system in (SILENCE, REAL):
        mouths = [row.mouth for row in results.of(system) if row.mouth is not None]
        series = [mouth.mar for mouth in mouths if np.isfinite(mouth.mar).any()]
        if series:
            curves[system] = np.stack([lip_leak_curve(mar) for mar in series])
    return leak_curve_figure(THRESHOLDS, curves, OPEN_MAR) if SILENCE in curves else None
