"""What the thin metric classes share: one number a clip, kept, so that intervals can be drawn."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat


class ClipValues(Metric):
    """Collects one number a clip. NaN says "cannot be measured on this clip"; it is counted."""

    full_state_update = False
    is_differentiable = False
    values: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("values", [], dist_reduce_fx="cat")

    def add(self, value: float) -> None:
        """Keep one clip's number."""
        self.values.append(torch.tensor([value], dtype=torch.float64, device=self.device))

    def measured(self) -> Tensor:
        """(n,) the finite values so far."""
        if not len(self.values):
            return torch.zeros(0, dtype=torch.float64)
        values: Tensor = dim_zero_cat(self.values)
        return values[values.isfinite()]

    @property
    def missing(self) -> int:
        """How many clips could not be measured."""
        return sum(value.numel() for value in self.values) - len(self.measured())


class ClipMean(ClipValues):
    """Mean over clips; NaN without any."""

    def compute(self) -> Tensor:
        """() float64."""
        return self.measured().mean()


class ClipMedian(ClipValues):
    """Median over clips, the lower of two middle values; NaN without any."""

    def compute(self) -> Tensor:
        """() float64."""
        values = self.measured()
        return values.median() if len(values) else torch.tensor(torch.nan, dtype=torch.float64)
