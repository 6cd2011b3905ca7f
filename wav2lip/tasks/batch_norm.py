"""Batch norm with the statistics of all processes, on any device."""

import torch
import torch.distributed
import torch.distributed.nn.functional
from pytorch_lightning.plugins import LayerSync
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def _mean_everywhere(values: Tensor) -> Tensor:
    """Average over all processes, with gradients; all batches have the same size."""
    total: Tensor = torch.distributed.nn.functional.all_reduce(values)  # type: ignore[no-untyped-call]
    return total / torch.distributed.get_world_size()


class _SyncedBatchNorm(_BatchNorm):
    """A batch norm over the samples of all processes; torch's SyncBatchNorm runs on GPUs only."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (torch's name)
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        if not (self.training and distributed):
            return super().forward(input)
        axes = [axis for axis in range(input.dim()) if axis != 1]
        values = input.float()
        mean = _mean_everywhere(values.mean(axes, keepdim=True))
        # Two passes: the difference of mean square and squared mean loses digits.
        centred = values - mean
        variance = _mean_everywhere(centred.square().mean(axes, keepdim=True))
        self._track(mean.flatten(), variance.flatten(), input)
        normed = centred * (variance + self.eps).rsqrt()
        if self.weight is not None:
            normed = normed * self.weight.view_as(mean) + self.bias.view_as(mean)
        return normed.to(input.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, batch: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        count = batch.numel() // batch.shape[1] * torch.distributed.get_world_size()
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)


class SyncedBatchNorm1d(_SyncedBatchNorm, nn.BatchNorm1d):
    """`nn.BatchNorm1d` over all processes."""


class SyncedBatchNorm2d(_SyncedBatchNorm, nn.BatchNorm2d):
    """`nn.BatchNorm2d` over all processes."""


SYNCED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SyncedBatchNorm1d,
    nn.BatchNorm2d: SyncedBatchNorm2d,
}


class GlobalBatchNorm(LayerSync):
    """Trainer plugin: every batch norm uses the statistics of all processes; state-dict keys stay the same.

    Without it, two processes with 8 samples each would train another network than one with 16.
    """

    def apply(self, model: nn.Module) -> nn.Module:
        for module in model.modules():
            module.__class__ = SYNCED.get(type(module), type(module))
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        originals = {synced: plain for plain, synced in SYNCED.items()}
        for module in model.modules():
            module.__class__ = originals.get(type(module), type(module))
        return model
