"""Curves as CSV that a resumed run goes on with, and as a picture when it ends."""

import csv
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytorch_lightning as pl
from matplotlib.figure import Figure
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter
from pytorch_lightning.utilities import rank_zero_only

COLUMNS = 3  # panels side by side
PANEL = (4.2, 2.8)  # inches
NOT_DRAWN = ("step", "epoch")


class _KeptWriter(ExperimentWriter):
    """Lightning's writer, without its habit of deleting the file of the run that it goes on with."""

    def _check_log_dir_exists(self) -> None:
        path = Path(self.metrics_file_path)
        if path.is_file():
            with path.open(newline="") as file:
                self.metrics_keys = list(csv.DictReader(file).fieldnames or [])


class CSVCurves(CSVLogger):
    """Lightning's CSV logger for runs that are interrupted: the rows of earlier parts stay."""

    @property
    def experiment(self) -> Any:
        if self._experiment is None:
            Path(self.log_dir).mkdir(parents=True, exist_ok=True)
            self._experiment = _KeptWriter(log_dir=self.log_dir)
        return self._experiment

    @property
    def metrics_file(self) -> Path:
        """Where the rows are."""
        return Path(self.log_dir) / ExperimentWriter.NAME_METRICS_FILE

    @rank_zero_only
    def rewind(self, step: int) -> None:
        """Drop the rows of `step` and later: they are about to be logged again."""
        if not self.metrics_file.is_file():
            return
        with self.metrics_file.open(newline="") as file:
            reader = csv.DictReader(file)
            rows = [row for row in reader if int(row["step"]) < step]
        part = self.metrics_file.with_suffix(".part")
        with part.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(reader.fieldnames or []))
            writer.writeheader()
            writer.writerows(rows)
        part.replace(self.metrics_file)


def read_curves(path: Path) -> dict[str, list[tuple[int, float]]]:
    """metrics.csv -> (step, value) pairs of every column, in order of steps."""
    curves: dict[str, list[tuple[int, float]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                if value and name not in NOT_DRAWN:
                    curves.setdefault(name, []).append((int(row["step"]), float(value)))
    return {name: sorted(points) for name, points in sorted(curves.items())}


def draw_curves(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    """One panel a quantity, training and validation together, as PNG."""
    panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for name, points in curves.items():
        part, _, quantity = name.rpartition("/")
        panels.setdefault(quantity, {})[part or quantity] = points
    rows = -(-len(panels) // COLUMNS)
    with mpl.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure((PANEL[0] * COLUMNS, PANEL[1] * rows), layout="constrained")
        for place, (quantity, parts) in enumerate(panels.items(), start=1):
            axes = figure.add_subplot(rows, COLUMNS, place, title=quantity, xlabel="step")
            for part, points in parts.items():
                axes.plot(
                    *zip(*points, strict=True), label=part, marker="." if len(points) < 30 else ""
                )
            if len(parts) > 1:
                axes.legend(frameon=False)
        figure.savefig(path, dpi=120, format="png")


class PlotCurves(pl.Callback):
    """`curves.png` beside the CSV logger's metrics.csv, when training ends for whatever reason."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, CSVCurves):
                logger.rewind(trainer.global_step)

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        self._draw(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self._draw(trainer)

    @staticmethod
    def _draw(trainer: pl.Trainer) -> None:
        for logger in trainer.loggers if trainer.is_global_zero else ():
            if isinstance(logger, CSVCurves):
                logger.save()
                if logger.metrics_file.is_file():
                    curves = read_curves(logger.metrics_file)
                    draw_curves(curves, logger.metrics_file.with_name("curves.png"))
