"""Switch the sync loss on once the generator is good enough for it, and off if training diverges."""

import logging
import math
from typing import Any

import pytorch_lightning as pl

log = logging.getLogger(__name__)


class SyncWeightSchedule(pl.Callback):
    """Switch the sync term on when the validation sync loss falls below a threshold.

    The `weights` of the task apply while the term is on. While it is off, L1 takes over its weight, as published
    (Prajwal et al. 2020, section 3.3: w * sync + (1 - w) * L1). The state is saved in the checkpoint, so a resumed
    run keeps it.

    Logs `val/score`, the total loss with the term on. Unlike `val/loss` it means the same before and after the
    switch, so use it to select the best checkpoint.

    Args:
        below: Switch on when `val/sync` is lower than this. The published expert gives ln 2 = 0.69 for noise.
        explode: Switch off when `val/l1` exceeds this many times its lowest value, or is not finite.

    Attributes:
        on: Whether the term is on.
        best: Lowest `val/l1` so far.
    """

    def __init__(self, below: float = 0.75, explode: float = 2.0) -> None:
        self.below = below
        self.explode = explode
        self.on = False
        self.best = math.inf
        self._full: dict[str, float] = {}  # the task's weights with the term on

    def state_dict(self) -> dict[str, Any]:
        return {"on": self.on, "best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.on, self.best = state_dict["on"], state_dict["best"]

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._full = self._full or dict(pl_module.weights)
        self._apply(pl_module)

    def _apply(self, task: Any) -> None:
        task.weights.update(self._full)
        if not self.on:
            task.weights.update(l1=self._full["l1"] + self._full["sync"], sync=0.0)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        pl_module.log("train/sync_weight", pl_module.weights["sync"])

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        metrics = trainer.callback_metrics
        if trainer.sanity_checking or "val/sync" not in metrics:
            return
        terms = {n: float(metrics[f"val/{n}"]) for n in self._full if f"val/{n}" in metrics}
        pl_module.log("val/score", sum(self._full[n] * v for n, v in terms.items() if n != "adv"))
        if not trainer.global_step:  # untrained: a low loss is chance
            return
        l1, sync = terms["l1"], terms["sync"]
        exploded = not math.isfinite(l1 + sync) or l1 > self.explode * self.best
        if math.isfinite(l1):
            self.best = min(self.best, l1)
        on = not exploded and (self.on or sync < self.below)
        if on != self.on:
            log.info(
                "step %d: sync term %s: val/sync %.3f, val/l1 %.4f (lowest %.4f)",
                trainer.global_step,
                "on" if on else "off",
                sync,
                l1,
                self.best,
            )
        self.on = on
        self._apply(pl_module)
