"""Switch the sync term on when the generator is ready for it, and off when it breaks."""

import logging
import math
from typing import Any

import pytorch_lightning as pl

log = logging.getLogger(__name__)


class SyncWeightSchedule(pl.Callback):
    """The sync term waits until validation says that mouths can be judged, and goes when pixels suffer.

    The task's `weights` are those of the term switched on; while it is off its weight belongs to L1,
    as published (Prajwal et al. 2020, section 3.3: w * sync + (1 - w) * L1). The published switch was a global
    that a resume lost and that never turned off; this one is kept in the checkpoint.

    Logs `val/score`, the total at the weights of the term switched on: unlike `val/loss` it has the same
    meaning before and after the switch, so the best checkpoint is chosen by it.

    Args:
        below: on where `val/sync` is less; ln 2 = 0.69 is what the published expert gives to noise.
        explode: off where `val/l1` is more than so many times the best one so far, or not a number.
    """

    def __init__(self, below: float = 0.75, explode: float = 2.0) -> None:
        self.below = below
        self.explode = explode
        self.on = False
        self.best = math.inf  # lowest val/l1
        self._full: dict[str, float] = {}

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
        l1, sync = terms["l1"], terms["sync"]
        exploded = not math.isfinite(l1 + sync) or l1 > self.explode * self.best
        if math.isfinite(l1):
            self.best = min(self.best, l1)
        on = not exploded and (self.on or sync < self.below)
        if on != self.on:
            reason = f"val/sync {sync:.3f}, val/l1 {l1:.4f} (best {self.best:.4f})"
            log.info(
                "step %d: sync term %s: %s", trainer.global_step, "on" if on else "off", reason
            )
        self.on = on
        self._apply(pl_module)
