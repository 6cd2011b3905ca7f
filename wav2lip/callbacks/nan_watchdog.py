"""Stop at the first loss that is not a number, before it reaches the weights, and say whose it was."""

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from wav2lip.errors import InputError

SHOWN = 16  # clips named in the message


def broken_samples(batch: Mapping[str, Any]) -> list[int]:
    """Which samples of a batch hold a value that is not finite, by number, sorted."""
    found: set[int] = set()
    for value in batch.values():
        if isinstance(value, Tensor) and value.is_floating_point():
            bad = ~torch.isfinite(value).flatten(1).all(1)
            found.update(bad.nonzero().flatten().tolist())
    return sorted(found)


def broken_weight(task: pl.LightningModule) -> str | None:
    """The first parameter that is not finite."""
    return next((n for n, p in task.named_parameters() if not bool(torch.isfinite(p).all())), None)


class NaNWatchdog(pl.Callback):
    """InputError with the batch's clips where a loss is NaN or infinite.

    The step is not taken, so the last checkpoint is whole. Reading the loss waits for the device at
    every step; `every` spares that at the price of a later answer.
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
        broken = [names[i] for i in broken_samples(self._batch)]
        weight = broken_weight(pl_module)
        shown = ", ".join((broken or names)[:SHOWN])
        if broken:
            cause = f"the data of {shown} hold values that are not numbers; preprocess these again"
        elif weight:
            cause = f"the weight {weight} is not finite any more; lower task.optimizer.lr"
        else:
            cause = f"its clips are {shown}; lower task.optimizer.lr, or look at these clips"
        raise InputError(f"step {trainer.global_step}: the loss is {float(loss)}: {cause}")
