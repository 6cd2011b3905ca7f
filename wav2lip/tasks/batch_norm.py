"""Batch norm over the batches of all processes, on any device."""

import torch
import torch.distributed
import torch.distributed.nn.functional
from pytorch_lightning.plugins import LayerSync
from torch import Tensor, nn


class SyncedBatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d whose statistics are those of the whole batch, whichever process holds the samples.

    torch's own SyncBatchNorm does the same, on GPUs alone.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        together = torch.distributed.is_available() and torch.distributed.is_initialized()
        if not (self.training and together):
            return super().forward(input)
        # First and second moments of all processes: means of means, because batches are of one size.
        values = input.float()
        moments = torch.stack([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))])
        total: Tensor = torch.distributed.nn.functional.all_reduce(moments)  # type: ignore[no-untyped-call]
        mean, square = total / torch.distributed.get_world_size()
        variance = (square - mean.square()).clamp(min=0)
        self._track(mean, variance, input)
        scale = (variance + self.eps).rsqrt() * self.weight
        shift = self.bias - mean * scale
        normed: Tensor = values * scale[:, None, None] + shift[:, None, None]
        return normed.to(input.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, batch: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        count = batch.numel() // batch.shape[1] * torch.distributed.get_world_size()
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(variance.detach() * count / (count - 1), self.momentum)


class GlobalBatchNorm(LayerSync):
    """Trainer plugin that gives every `nn.BatchNorm2d` the statistics of all processes; keys stay.

    Without it two processes with 8 samples each train another network than one with 16.
    """

    def apply(self, model: nn.Module) -> nn.Module:
        for module in model.modules():
            if type(module) is nn.BatchNorm2d:
                module.__class__ = SyncedBatchNorm2d
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        for module in model.modules():
            if type(module) is SyncedBatchNorm2d:
                module.__class__ = nn.BatchNorm2d  # type: ignore[assignment]
        return model
