"""Validate before the first step, and say at the end what the run has changed."""

import logging
import math
from typing import Any

import pytorch_lightning as pl

log = logging.getLogger(__name__)


class BaselineValidation(pl.Callback):
    """A validation at step 0, and a line at the end that compares it with the best one.

    Of a network that goes on from another's weights this tells whether it was worth it; early stopping
    counts it, so that a run which only gets worse ends soon. Best is what the monitor says, not
    what each quantity reached at some step of its own.

    Args:
        monitor: lower is better, as of the best checkpoint.
        shown: quantities of the line.
    """

    def __init__(self, shown: list[str], monitor: str = "val/loss") -> None:
        self.shown = list(shown)
        self.monitor = monitor
        self.best = math.inf
        self.best_step = 0
        self.first: dict[str, float] = {}
        self.then: dict[str, float] = {}

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("best", "best_step", "first", "then")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        vars(self).update(state_dict)

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if trainer.global_step:  # resumed
            return
        # As the training loop does between two epochs, so that checkpoints and stopping take part.
        trainer.validating = True
        trainer.fit_loop.epoch_loop.val_loop.run()
        trainer.training = True

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        metrics = trainer.callback_metrics
        if trainer.sanity_checking or self.monitor not in metrics:
            return
        values = {name: float(metrics[name]) for name in self.shown if name in metrics}
        if not trainer.global_step:
            self.first = values
        if float(metrics[self.monitor]) < self.best:
            self.best, self.best_step = float(metrics[self.monitor]), trainer.global_step
            self.then = values

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        if not self.best_step:
            log.warning(
                "no step made the held-out part better; go on using what the run began from"
            )
            return
        changes = [f"{n} {v:.4f} -> {self.then[n]:.4f}" for n, v in self.first.items()]
        log.info("held out, step 0 -> step %d: %s", self.best_step, ", ".join(changes))
