"""Plots of the mouth: its opening over time beside the sound's level, and LipLeak over thresholds."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from wav2lip.evaluation.plots import DPI, SIZE
from wav2lip.media.pcm import from_pcm
from wav2lip.types import FPS, SAMPLES_PER_FRAME, Pcm

FLOOR = -60.0  # dB below the loudest frame; silence is drawn there
Series = NDArray[np.float64]


def level(pcm: Pcm) -> Series:
    """Level of every 40 ms of a sound in dB below the loudest, `FLOOR` to 0 -> (F,)."""
    frames = len(pcm) // SAMPLES_PER_FRAME
    samples = from_pcm(pcm[: frames * SAMPLES_PER_FRAME]).reshape(frames, SAMPLES_PER_FRAME)
    power = (samples.astype(np.float64) ** 2).mean(axis=1)
    loudest = power.max(initial=0.0)
    if loudest == 0:
        return np.full(frames, FLOOR)
    decibels = 10 * np.log10(np.maximum(power / loudest, 10 ** (FLOOR / 10)))
    return np.asarray(decibels, np.float64)


def mouth_figure(title: str, series: Mapping[str, Series], pcm: Pcm) -> Figure:
    """Mouth aspect ratio over time, one line per video, above the level of the sound that is spoken.

    Args:
        title: name of the clip.
        series: name of a video -> (F,) MAR at 25 fps; NaN, a gap in the line, where no mesh was found.
        pcm: (N,) the sound at 16 kHz.
    """
    figure = Figure(SIZE, DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    for name, values in series.items():
        upper.plot(np.arange(len(values)) / FPS, values, label=name, lw=1.4)
    upper.set_title(title, fontsize="small")
    upper.set_ylabel("mouth aspect ratio")
    upper.legend(fontsize="small")
    decibels = level(pcm)
    lower.fill_between(
        np.arange(len(decibels)) / FPS, FLOOR, decibels, step="post", color="tab:gray", alpha=0.6
    )
    lower.set(xlabel="time (s)", ylabel="level (dB)", ylim=(FLOOR, 3))
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
        title="generated for silence; band: middle half of the clips",
        xlabel="threshold (mouth aspect ratio)",
        ylabel="LipLeak: share of frames with an open mouth",
        ylim=(-0.02, 1.02),
    )
    axes.title.set_fontsize("small")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")
    return figure
