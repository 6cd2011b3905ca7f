"""CSV logger for runs that are interrupted and resumed."""

import csv
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter
from pytorch_lightning.utilities import rank_zero_only

INDEX = ("step", "epoch")  # columns that locate a row; all others are curves

Curve = list[tuple[int, float]]  # (step, value), in order of steps


class _AppendingWriter(ExperimentWriter):
    """Lightning's writer, which otherwise deletes the file of the run that it resumes."""

    def _check_log_dir_exists(self) -> None:
        path = Path(self.metrics_file_path)
        if path.is_file():
            with path.open(newline="") as file:
                self.metrics_keys = list(csv.DictReader(file).fieldnames or [])


class CSVCurves(CSVLogger):
    """Lightning's CSV logger, except that a resumed run keeps the rows it has already written."""

    @property
    def experiment(self) -> Any:
        if self._experiment is None:
            Path(self.log_dir).mkdir(parents=True, exist_ok=True)
            self._experiment = _AppendingWriter(log_dir=self.log_dir)
        return self._experiment

    @property
    def metrics_file(self) -> Path:
        """Path of the CSV file."""
        return Path(self.log_dir) / ExperimentWriter.NAME_METRICS_FILE

    @rank_zero_only
    def rewind(self, step: int) -> None:
        """Delete the rows of `step` and later steps, which a resumed run logs again."""
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


def read_curves(path: Path) -> dict[str, Curve]:
    """Read a metrics.csv.

    Args:
        path: The CSV file.

    Returns:
        The (step, value) pairs of each logged quantity, in order of steps.
    """
    curves: dict[str, Curve] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                if value and name not in INDEX:
                    curves.setdefault(name, []).append((int(row["step"]), float(value)))
    return {name: sorted(points) for name, points in sorted(curves.items())}
