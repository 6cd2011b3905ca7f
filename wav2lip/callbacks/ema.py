"""Exponential moving average of the weights."""

from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor

Tensors = tuple[Tensor, ...] | list[Tensor]


class EMA(WeightAveraging):
    """Exponential moving average of weights and batch statistics (Polyak & Juditsky 1992).

    Validation runs on the average. The `state_dict` of a checkpoint is the average, so that loading and exporting
    need no switch; the raw weights are stored beside it, so that resuming is exact.

    Args:
        decay: Weight of the past per step. After n steps it is at most (1 + n) / (10 + n), so that the random
            initial weights fade early in a short run.
    """

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__(multi_avg_fn=self._average)
        self.decay = decay

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        super().setup(trainer, pl_module, stage)
        if stage != "fit":
            return
        assert self._average_model is not None
        # The layout of the task's own weights: tensors of one layout are averaged in one call.
        self._average_model.module.to(memory_format=torch.channels_last)
        # Reading it on a GPU would wait for the step.
        self._average_model.n_averaged = self._average_model.n_averaged.cpu()

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Move the average to the device of the task, which `setup` precedes."""
        assert self._average_model is not None
        self._average_model.module.to(pl_module.device)

    @torch.no_grad()
    def _average(self, averages: Tensors, current: Tensors, _: Tensor | int) -> None:
        """Update averages of one device and type in place."""
        if not averages[0].is_floating_point():  # the batch counters of batch norms
            torch._foreach_copy_(averages, current)
            return
        assert self._average_model is not None
        averaged = float(self._average_model.n_averaged)
        decay = min(self.decay, (1 + averaged) / (10 + averaged))
        torch._foreach_lerp_(averages, current, 1 - decay)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the raw weights: the run may be given more steps and must resume from them."""
