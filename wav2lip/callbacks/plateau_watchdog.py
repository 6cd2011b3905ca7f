"""Say why an expert that sits at chance may sit there, instead of letting it sit for days."""

import logging
import statistics
from collections import deque
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from wav2lip.callbacks.diagnosis import LIKELY, Finding, diagnose, learning_rate

log = logging.getLogger(__name__)
PROBED = 500  # weights of each parameter, at most


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


def _probe(task: nn.Module) -> Tensor:
    """(N,) weights from all over the task: enough to tell how far all have moved, few enough to save."""
    some = [p.detach().flatten()[:: 1 + p.numel() // PROBED] for p in task.parameters()]
    return torch.cat(some).float().cpu()  # a copy


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
        self._start: Tensor | None = None  # some weights as the run began with them

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs to speak of the whole run."""
        if self._start is None:
            return {}
        return {"start": self._start, "losses": [float(loss) for loss in self._losses]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._start = state_dict.get("start")
        self._losses.extend(map(torch.tensor, state_dict.get("losses", [])))

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._start is None and self._watched(pl_module) and trainer.global_step < self.steps:
            self._start = _probe(pl_module)

    @staticmethod
    def _watched(task: Any) -> bool:
        return hasattr(getattr(task, "loss", None), "chance")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self._start is None:  # not watched, or done
            return
        self._losses.append(outputs["loss"].detach())
        if trainer.global_step < self.steps:
            return
        losses = [float(loss) for loss in self._losses]
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
        self._start = None

    def _moved(self, task: pl.LightningModule) -> float:
        """Relative change of the weights since the run's first step."""
        assert self._start is not None
        change = (_probe(task) - self._start).norm() / self._start.norm().clamp(min=1e-6)
        return float(change)
