"""Report likely causes when a sync expert stays at chance level."""

import logging
import statistics
from collections import deque
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from wav2lip.callbacks.diagnosis import LIKELY, Cause, check_learning_rate, diagnose

log = logging.getLogger(__name__)
PROBED = 500  # weights per parameter, at most


def format_report(step: int, mean: float, chance: float, causes: list[Cause]) -> str:
    """Format the message: the state of the run, the likely causes, then the checks that passed."""
    likely = [cause for cause in causes if cause.severity >= LIKELY]
    lines = [
        f"no progress: after {step} steps the training loss is {mean:.3f}, chance level is {chance:.3f}."
    ]
    if likely:
        lines.append("Likely causes:")
    else:
        lines.append("No usual cause stands out. Training may only need more steps:")
    lines += [f"  {i}. {cause.name}: {cause.evidence}" for i, cause in enumerate(likely, start=1)]
    unlikely = [cause for cause in causes if cause.severity < LIKELY]
    lines += [f"  unlikely, {cause.name}: {cause.evidence}" for cause in unlikely]
    return "\n".join(lines)


def _sample_weights(task: nn.Module) -> Tensor:
    """(N,) weights from every parameter: enough to measure how far all moved, few enough to checkpoint."""
    parts = [p.detach().flatten()[:: 1 + p.numel() // PROBED] for p in task.parameters()]
    return torch.cat(parts).float().cpu()  # a copy


class PlateauWatchdog(pl.Callback):
    """Check the clips once and warn if the training loss is still at chance level after `steps` steps.

    The loss defines its chance level (method `chance`): ln 2 = 0.693 for the published cosine BCE. Tasks whose loss
    has no such method are not watched.

    Args:
        steps: Number of steps after which a healthy run has left the plateau.
        window: Number of latest losses to average.
        tolerance: Share of the chance level by which the loss must have fallen.
    """

    def __init__(self, steps: int = 1500, window: int = 100, tolerance: float = 0.02) -> None:
        self.steps = steps
        self.tolerance = tolerance
        self._losses: deque[Tensor] = deque(maxlen=min(window, steps))
        self._start: Tensor | None = None  # sampled weights before the first step

    def state_dict(self) -> dict[str, Any]:
        """Return the initial weights and latest losses, so that a resumed run reports on the whole run."""
        if self._start is None:
            return {}
        return {"start": self._start, "losses": [float(loss) for loss in self._losses]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._start = state_dict.get("start")
        self._losses.extend(map(torch.tensor, state_dict.get("losses", [])))

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._start is None and self._watches(pl_module) and trainer.global_step < self.steps:
            self._start = _sample_weights(pl_module)

    @staticmethod
    def _watches(task: Any) -> bool:
        return hasattr(getattr(task, "loss", None), "chance")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._start is None:  # not watched, or already checked
            return
        self._losses.append(outputs["loss"].detach())
        if trainer.global_step < self.steps:
            return
        losses = [float(loss) for loss in self._losses]
        mean = statistics.fmean(losses)
        clips, windows = pl_module.windows_in(batch)
        chance = pl_module.loss.chance(clips * trainer.world_size, windows)
        if trainer.is_global_zero and not mean < (1 - self.tolerance) * chance:
            loader: Any = trainer.train_dataloader
            learning_rate = check_learning_rate(
                trainer.optimizers[0].param_groups[0]["lr"],
                self._relative_change(pl_module),
                mean,
                statistics.pstdev(losses),
                chance,
            )
            causes = diagnose(loader.dataset.clips, learning_rate)
            log.warning(format_report(trainer.global_step, mean, chance, causes))
        self._start = None

    def _relative_change(self, task: pl.LightningModule) -> float:
        assert self._start is not None
        change = (_sample_weights(task) - self._start).norm()
        return float(change / self._start.norm().clamp(min=1e-6))
