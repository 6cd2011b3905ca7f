"""Plot the logged curves when training ends."""

import math
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytorch_lightning as pl
from matplotlib.figure import Figure

from wav2lip.callbacks.csv_curves import CSVCurves, Curve, read_curves
from wav2lip.utils.files import AtomicFile

COLUMNS = 3  # panels side by side
PANEL = (4.2, 2.8)  # inches
DPI = 120
PAUSE = 30.0  # seconds between two plots during training; one takes about a second
MARKED = 30  # points below which each one is marked


def _panels(
    curves: Mapping[str, Curve], chance: Mapping[str, float]
) -> dict[tuple[str, float | None], dict[str, Curve]]:
    """Group curves by quantity; those with another value at chance cannot be compared, and are kept apart."""
    panels: dict[tuple[str, float | None], dict[str, Curve]] = {}
    for name, points in curves.items():
        stage, _, quantity = name.rpartition("/")
        level = chance.get(name)
        panels.setdefault((quantity, level), {})[stage or quantity] = points
    return panels


def plot_curves(
    curves: Mapping[str, Curve], path: Path, chance: Mapping[str, float] | None = None
) -> None:
    """Write a PNG with one panel per quantity.

    Training and validation share a panel if their values can be compared: not if they differ at chance.

    Args:
        curves: (step, value) pairs by log key, e.g. `train/l1`.
        path: The PNG file.
        chance: value at chance by log key, drawn as a dashed line.
    """
    panels = _panels(curves, chance or {})
    quantities = Counter(quantity for quantity, _ in panels)
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure((PANEL[0] * COLUMNS, PANEL[1] * rows), layout="constrained")
        for place, ((quantity, level), stages) in enumerate(panels.items(), start=1):
            alone = len(stages) == 1 and quantities[quantity] > 1
            title = f"{next(iter(stages))}/{quantity}" if alone else quantity
            axes = figure.add_subplot(rows, COLUMNS, place, title=title, xlabel="step")
            for stage, points in stages.items():
                marker = "." if len(points) < MARKED else ""
                axes.plot(*zip(*points, strict=True), label=stage, marker=marker)
            if level is not None:
                axes.axhline(level, color="gray", linestyle="--", label="chance")
            if len(stages) > 1 or level is not None:
                axes.legend(frameon=False)
        with AtomicFile(path) as new:
            figure.savefig(new.file, dpi=DPI, format="png")


class PlotCurves(pl.Callback):
    """Write `curves.png` next to the metrics.csv of `CSVCurves`.

    It is written at every validation and when training ends, also after an error. The task's `chance` gives the
    values at chance.

    At the start of a resumed run it deletes the rows that the run logs again.
    """

    def __init__(self) -> None:
        self._plotted = -math.inf  # time of the last plot, seconds

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, CSVCurves):
                logger.rewind(trainer.global_step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.sanity_checking and time.monotonic() - self._plotted > PAUSE:
            self._plot(trainer, pl_module)
            self._plotted = time.monotonic()

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        self._plot(trainer, pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self._plot(trainer, pl_module)

    @staticmethod
    def _plot(trainer: pl.Trainer, task: Any) -> None:
        for logger in trainer.loggers if trainer.is_global_zero else ():
            if isinstance(logger, CSVCurves):
                logger.save()
                if logger.metrics_file.is_file():
                    curves = read_curves(logger.metrics_file)
                    path = logger.metrics_file.with_name("curves.png")
                    plot_curves(curves, path, getattr(task, "chance", None))
