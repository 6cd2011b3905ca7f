"""Exponential moving average of the weights."""

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class EMA(WeightAveraging):
    """Exponential moving average of weights and batch statistics (Polyak & Juditsky 1992).

    Validation runs on the average. The `state_dict` of a checkpoint is the average, so that loading and exporting
    need no switch; the raw weights are stored beside it, so that resuming is exact.

    Args:
        decay: Weight of the past per step. After n steps it is at most (1 + n) / (10 + n), so that the random
            initial weights fade early in a short run.
    """

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__(avg_fn=self._average)
        self.decay = decay

    def _average(self, average: Tensor, current: Tensor, averaged: Tensor | int) -> Tensor:
        if not average.is_floating_point():  # the batch counter of a batch norm
            return current
        decay = min(self.decay, (1 + float(averaged)) / (10 + float(averaged)))
        return average.lerp(current, 1 - decay)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Keep the raw weights: the run may be given more steps and must resume from them."""
