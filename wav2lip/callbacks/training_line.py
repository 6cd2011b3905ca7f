"""Report the progress of a training on one line."""

import logging
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar

log = logging.getLogger(__name__)
REFRESH = 0.2  # seconds between two updates on a terminal
ERASE = "\r\033[K"


def format_seconds(seconds: float) -> str:
    """Format a duration as 1:02:03, or 2:03 below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class TrainingLine(ProgressBar):
    """Show step, rate, time left and the figures that matter on one line.

    On a terminal the line is updated in place. Each validation, and every `every` seconds, it is also logged,
    and so goes to the log of the run.

    Args:
        figures: log keys of the metrics to show; None: the task's own `figures`.
        every: seconds between two lines of the log.
    """

    def __init__(self, figures: list[str] | None = None, every: float = 60.0) -> None:
        super().__init__()
        self.figures = figures
        self.every = every
        self._enabled = True
        self._first_step = 0
        self._start = self._shown = self._logged = 0.0  # times, seconds

    def disable(self) -> None:
        self._enabled = False

    def enable(self) -> None:
        self._enabled = True

    def line(self, trainer: pl.Trainer, task: Any) -> str:
        """Return the line at this moment."""
        step, steps = trainer.global_step, trainer.max_steps
        done, seconds = step - self._first_step, time.monotonic() - self._start
        parts = [f"step {step}/{steps}" if steps > 0 else f"step {step}"]
        if done > 0 and self._start:
            parts.append(f"{done / seconds:.3g} steps/s")
            if steps > step:
                parts.append(f"{format_seconds((steps - step) * seconds / done)} left")
        metrics = trainer.callback_metrics
        figures: Sequence[str] = self.figures or task.figures
        for name in figures:
            if name in metrics:
                parts.append(f"{name} {float(metrics[name]):.4g}")
        return "  ".join(parts)

    def _on_terminal(self) -> bool:
        return self._enabled and sys.stderr.isatty()

    def _erase(self) -> None:
        if self._on_terminal():
            sys.stderr.write(ERASE)
            sys.stderr.flush()

    def _log(self, line: str) -> None:
        self._erase()
        log.info("%s", line)
        self._logged = time.monotonic()

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._first_step = trainer.global_step
        self._start, self._logged = 0.0, time.monotonic()

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        self._start = self._start or time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not trainer.is_global_zero:
            return
        now = time.monotonic()
        if now - self._logged >= self.every:
            self._log(self.line(trainer, pl_module))
        elif self._on_terminal() and now - self._shown >= REFRESH:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(ERASE + self.line(trainer, pl_module)[:width])
            sys.stderr.flush()
            self._shown = now

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if trainer.is_global_zero and not trainer.sanity_checking:
            self._log(self.line(trainer, pl_module))

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._erase()

    def on_exception(self, trainer: pl.Trainer, pl_module: Any, exception: BaseException) -> None:
        self._erase()
