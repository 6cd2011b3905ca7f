"""Plot the logged curves when training ends."""

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
MARKED = 30  # points below which each one is marked


def plot_curves(curves: dict[str, Curve], path: Path) -> None:
    """Write a PNG with one panel per quantity; training and validation share a panel.

    Args:
        curves: (step, value) pairs by log key, e.g. `train/l1`.
        path: The PNG file.
    """
    panels: dict[str, dict[str, Curve]] = {}
    for name, points in curves.items():
        stage, _, quantity = name.rpartition("/")
        panels.setdefault(quantity, {})[stage or quantity] = points
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure((PANEL[0] * COLUMNS, PANEL[1] * rows), layout="constrained")
        for place, (quantity, stages) in enumerate(panels.items(), start=1):
            axes = figure.add_subplot(rows, COLUMNS, place, title=quantity, xlabel="step")
            for stage, points in stages.items():
                marker = "." if len(points) < MARKED else ""
                axes.plot(*zip(*points, strict=True), label=stage, marker=marker)
            if len(stages) > 1:
                axes.legend(frameon=False)
        with AtomicFile(path) as new:
            figure.savefig(new.file, dpi=DPI, format="png")


class PlotCurves(pl.Callback):
    """Write `curves.png` next to the metrics.csv of `CSVCurves` when training ends, also after an error.

    At the start of a resumed run it deletes the rows that the run logs again.
    """

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, CSVCurves):
                logger.rewind(trainer.global_step)

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        self._plot(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self._plot(trainer)

    @staticmethod
    def _plot(trainer: pl.Trainer) -> None:
        for logger in trainer.loggers if trainer.is_global_zero else ():
            if isinstance(logger, CSVCurves):
                logger.save()
                if logger.metrics_file.is_file():
                    curves = read_curves(logger.metrics_file)
                    plot_curves(curves, logger.metrics_file.with_name("curves.png"))
