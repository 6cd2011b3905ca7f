"""CSV logger for runs that are interrupted and resumed."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter
from pytorch_lightning.utilities import rank_zero_only

from wav2lip.callbacks.hparams import write_hparams
from wav2lip.utils.files import write_table

INDEX = ("step", "epoch")  # columns that locate a row; all others are curves

Curve = list[tuple[int, float]]  # (step, value), in order of steps


def _read_rows(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write_rows(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    write_table(path, [names, *([row.get(name, "") for name in names] for row in rows)])


class _AppendingWriter(ExperimentWriter):
    """Lightning's writer, which otherwise deletes the file of the run that it resumes."""

    def log_hparams(self, params: dict[str, Any]) -> None:
        """Add arguments to those known, and write `hparams.yaml`."""
        self.hparams.update(params)
        write_hparams(Path(self.log_dir) / self.NAME_HPARAMS_FILE, self.hparams)

    def save(self) -> None:
        """Write the file anew with the rows logged since the last time: it is complete at any moment."""
        if not self.metrics:
            return
        self._record_new_keys()
        path = Path(self.metrics_file_path)
        _write_rows(path, self.metrics_keys, [*_read_rows(path), *self.metrics])
        self.metrics = []

    def _check_log_dir_exists(self) -> None:
        path = Path(self.metrics_file_path)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
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
        rows = _read_rows(self.metrics_file)
        if rows:
            kept = [row for row in rows if int(row["step"]) < step]
            _write_rows(self.metrics_file, list(rows[0]), kept)


def read_curves(path: Path) -> dict[str, Curve]:
    """Read a metrics.csv.

    Args:
        path: The CSV file.

    Returns:
        The (step, value) pairs of each logged quantity, in order of steps.
    """
    curves: dict[str, Curve] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name, value in row.items():
                if value and name not in INDEX:
                    curves.setdefault(name, []).append((int(row["step"]), float(value)))
    return {name: sorted(points) for name, points in sorted(curves.items())}
