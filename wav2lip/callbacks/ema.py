"""A moving average of the weights: what is validated, saved as the network, and exported."""

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class EMA(WeightAveraging):
    """Exponential moving average of weights and batch statistics (Polyak & Juditsky 1992).

    The checkpoint's `state_dict` is the average, so that loading and `slim` take it without a flag; the
    weights under training lie beside it, so that a resume is exact. Validation runs on the average.

    Args:
        decay: weight of the past. Early on it is (1 + n) / (10 + n) after n steps where that is less, so that
            the random start does not linger in a short run.
    """

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__(avg_fn=self._average)
        self.decay = decay

    def _average(self, average: Tensor, current: Tensor, averaged: Tensor | int) -> Tensor:
        if not average.is_floating_point():  # the batch counter of a norm
            return current
        decay = min(self.decay, (1 + float(averaged)) / (10 + float(averaged)))
        return average.lerp(current, 1 - decay)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Leave the weights under training: the run may be given more steps and has to go on from them."""
