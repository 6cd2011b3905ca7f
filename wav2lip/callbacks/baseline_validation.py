"""Validate before the first step and report at the end what the run has improved."""

import logging
import math
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.utilities.seed import isolate_rng

log = logging.getLogger(__name__)


class BaselineValidation(pl.Callback):
    """Run a validation at step 0 and compare it with the best validation when training ends.

    Shows whether fine-tuning improved on the initial weights. Early stopping counts this validation too, so a run
    that only gets worse stops soon. All values are those of the step with the lowest `monitor`, not the best value
    of each metric.

    Args:
        shown: Log keys of the metrics to compare; empty: `monitor` alone.
        monitor: Log key that selects the best validation; lower is better.
    """

    def __init__(self, shown: list[str], monitor: str = "val/loss") -> None:
        self.shown = list(shown)
        self.monitor = monitor
        self.best = math.inf
        self.best_step = 0
        self.baseline: dict[str, float] = {}  # metrics at step 0
        self.improved: dict[str, float] = {}  # metrics at best_step

    def state_dict(self) -> dict[str, Any]:
        return {n: getattr(self, n) for n in ("best", "best_step", "baseline", "improved")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        vars(self).update(state_dict)

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if trainer.global_step:  # resumed
            return
        # The same call as between two epochs, so that checkpoints and early stopping see this validation.
        with isolate_rng():  # the steps draw the same numbers as without it
            trainer.validating = True
            trainer.fit_loop.epoch_loop.val_loop.run()
            trainer.training = True

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        metrics = trainer.callback_metrics
        if trainer.sanity_checking or self.monitor not in metrics:
            return
        shown = self.shown or [self.monitor]
        values = {name: float(metrics[name]) for name in shown if name in metrics}
        if not trainer.global_step:
            self.baseline = values
        if float(metrics[self.monitor]) < self.best:
            self.best, self.best_step = float(metrics[self.monitor]), trainer.global_step
            self.improved = values

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if not trainer.is_global_zero:
            return
        if not self.best_step:
            log.warning(
                "no step improved %s on the held-out data; keep using the initial weights",
                self.monitor,
            )
            return
        changes = [f"{n} {v:.4f} -> {self.improved[n]:.4f}" for n, v in self.baseline.items()]
        log.info("held-out data, step 0 -> step %d: %s", self.best_step, ", ".join(changes))
