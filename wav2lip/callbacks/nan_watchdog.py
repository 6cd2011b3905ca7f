"""Stop at the first loss that is not finite, before it reaches the weights, and name its clips."""

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from wav2lip.errors import InputError

MAX_NAMES = 16  # clips named in the message


def non_finite_samples(batch: Mapping[str, Any]) -> list[int]:
    """Return the sorted indices of the samples of a batch that hold NaN or infinite values."""
    found: set[int] = set()
    for value in batch.values():
        if isinstance(value, Tensor) and value.is_floating_point():
            bad = ~torch.isfinite(value).reshape(len(value), -1).all(1)
            found.update(bad.nonzero().flatten().tolist())
    return sorted(found)


def non_finite_weight(task: pl.LightningModule) -> str | None:
    """Return the name of the first parameter with NaN or infinite values, or None."""
    return next((n for n, p in task.named_parameters() if not bool(torch.isfinite(p).all())), None)


class NaNWatchdog(pl.Callback):
    """Raise an `InputError` that names the clips of the batch if the loss is NaN or infinite.

    The step is not taken, so the last checkpoint stays intact.

    Args:
        every: Check every so many steps. Each check waits for the device.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self._batch: Mapping[str, Any] = {}

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int
    ) -> None:
        self._batch = batch

    def on_before_backward(self, trainer: pl.Trainer, pl_module: Any, loss: Tensor) -> None:
        if trainer.global_step % self.every or bool(torch.isfinite(loss)):
            return
        names = list(self._batch["clip"])
        broken = [names[i] for i in non_finite_samples(self._batch)]
        weight = non_finite_weight(pl_module)
        shown = ", ".join((broken or names)[:MAX_NAMES])
        if broken:
            cause = f"the data of {shown} hold NaN or infinite values; preprocess these clips again"
        elif weight:
            cause = f"the weight {weight} is no longer finite; lower task.optimizer.lr"
        else:
            cause = f"the batch holds {shown}; lower task.optimizer.lr, or check these clips"
        raise InputError(f"step {trainer.global_step}: the loss is {float(loss)}: {cause}")
