"""Say why an expert that sits at chance may sit there, instead of letting it sit for days."""

import logging
import statistics
from collections import deque
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from wav2lip.callbacks.diagnosis import LIKELY, Finding, diagnose, learning_rate

log = logging.getLogger(__name__)


def report(step: int, mean: float, chance: float, findings: list[Finding]) -> str:
    """The message: what is wrong, the likely causes with their numbers, then what is not to blame."""
    likely = [f for f in findings if f.severity >= LIKELY]
    lines = [f"stuck: after {step} steps the loss is {mean:.3f}, and chance is {chance:.3f}."]
    if likely:
        lines.append("Likely, by what the data show:")
    else:
        lines.append("None of the usual causes stands out; more steps may be all it needs:")
    lines += [f"  {i}. {f.cause}: {f.evidence}" for i, f in enumerate(likely, start=1)]
    rest = [f for f in findings if f.severity < LIKELY]
    lines += [f"  checked, {f.cause}: {f.evidence}" for f in rest]
    return "\n".join(lines)


class PlateauWatchdog(pl.Callback):
    """Looks at the clips once, if the loss is still at chance after `steps` steps, and warns.

    Chance is what the task's loss says about itself (`chance`): ln 2 = 0.693 for the published cosine
    BCE. A task whose loss has none is left alone.

    Args:
        steps: after which a healthy run has left the plateau.
        window: latest losses that are averaged.
        tolerance: share of chance by which the loss must have fallen.
    """

    def __init__(self, steps: int = 1500, window: int = 100, tolerance: float = 0.02) -> None:
        self.steps = steps
        self.tolerance = tolerance
        self._losses: deque[Tensor] = deque(maxlen=min(window, steps))
        self._start: list[Tensor] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._watched(pl_module) and trainer.global_step < self.steps:
            self._start = [p.detach().float().cpu().clone() for p in pl_module.parameters()]

    @staticmethod
    def _watched(task: Any) -> bool:
        return hasattr(getattr(task, "loss", None), "chance")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not self._start:  # not watched, or done
            return
        self._losses.append(outputs["loss"].detach())
        if trainer.global_step < self.steps:
            return
        losses = torch.stack(list(self._losses)).float().cpu().tolist()
        mean = statistics.fmean(losses)
        clips, windows = batch["mel"].shape[:2]
        chance = pl_module.loss.chance(clips * trainer.world_size, windows)
        if trainer.is_global_zero and not mean < (1 - self.tolerance) * chance:
            loader: Any = trainer.train_dataloader
            rate = trainer.optimizers[0].param_groups[0]["lr"]
            finding = learning_rate(
                rate, self._moved(pl_module), mean, statistics.pstdev(losses), chance
            )
            findings = diagnose(loader.dataset.clips, finding)
            log.warning(report(trainer.global_step, mean, chance, findings))
        self._start = []

    def _moved(self, task: pl.LightningModule) -> float:
        """Relative change of the weights since training started."""
        now = [p.detach().float().cpu() for p in task.parameters()]
        change = sum(float((a - b).square().sum()) for a, b in zip(now, self._start, strict=True))
        size = sum(float(b.square().sum()) for b in self._start)
        return float((change / max(size, 1e-12)) ** 0.5)
