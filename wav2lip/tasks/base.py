"""What every task shares: parts from plain dicts, an optimizer with warm-up, pictures to floats."""

import inspect
import math
import os
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from wav2lip import losses
from wav2lip.checkpoints import Kind, TrainingId, build_network, load_network, to_plain
from wav2lip.checkpoints.provenance import UNKNOWN
from wav2lip.errors import InputError

Config = dict[str, Any]
PACKAGES = {"wav2lip.losses": losses, "torch.optim": torch.optim}
NETWORKS = "wav2lip.models."


def build(config: Mapping[str, Any], *args: Any) -> Any:
    """The network, loss or optimizer that a plain dict names by `_target_`.

    Hyper-parameters come out of checkpoint files, so a name is looked up in three packages and never
    imported: `wav2lip.models`, `wav2lip.losses` and `torch.optim`. InputError for any other, and for
    arguments that do not fit.
    """
    target = str(config.get("_target_", ""))
    if target.startswith(NETWORKS):
        return build_network(config)
    package, _, name = target.rpartition(".")
    made = getattr(PACKAGES.get(package), name, None)
    if not (inspect.isclass(made) and issubclass(made, nn.Module | torch.optim.Optimizer)):
        allowed = ", ".join([NETWORKS[:-1], *PACKAGES])
        raise InputError(f"_target_ {target!r} is refused: it must be a class of {allowed}")
    arguments = {key: value for key, value in to_plain(config).items() if key != "_target_"}
    try:
        return made(*args, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"{target} cannot be built from {arguments}: {error}") from error


def to_float(pictures: Tensor) -> Tensor:
    """uint8 0-255 -> float32 0-1, the same shape."""
    return pictures.float() / 255


def start_from(path: str, kind: Kind, network: nn.Module) -> nn.Module:
    """`network` with the weights of a checkpoint's network of the same shape; InputError where it differs."""
    try:
        network.load_state_dict(load_network(path, kind).network.state_dict())
    except RuntimeError as error:
        problem = " ".join(str(error).split())
        raise InputError(
            f"{path}: a {kind} of another shape than task.{kind}; {problem}"
        ) from error
    return network


def warmup_cosine(step: int, warmup: int, total: int, floor: float = 0.02) -> float:
    """Factor on the learning rate: linear warm-up, then half a cosine down to `floor` (SGDR, eq. 5)."""
    if step < warmup:
        return (step + 1) / warmup
    if total <= warmup:
        return 1.0
    progress = min(1.0, (step - warmup) / (total - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))


class Task(pl.LightningModule):
    """A LightningModule with one optimizer and an optional warm-up and cosine schedule.

    Args:
        optimizer: `_target_` and arguments of a torch optimizer, as a plain dict.
        warmup: steps of linear warm-up with a cosine to the trainer's max_steps after; None: constant rate.
    """

    def __init__(self, optimizer: Config, warmup: int | None) -> None:
        super().__init__()
        self._optimizer = optimizer
        self._warmup = warmup
        self._resumed: TrainingId | None = None  # of the run that is resumed

    def setup(self, stage: str) -> None:
        # Convolutions over few channels run about a third faster this way on a CPU, and on tensor cores.
        self.to(memory_format=torch.channels_last)

    def provenance(self) -> dict[str, str]:
        """What a checkpoint says of the run that it is from: `training_id`, seed and training clips."""
        seed = os.environ.get("PL_GLOBAL_SEED", "?")
        clips = getattr(getattr(self.trainer, "datamodule", None), "clips_id", "?")
        return {"training_id": str(TrainingId(seed, str(clips)))}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self._resumed = TrainingId.parse(checkpoint["hyper_parameters"].get("training_id"))

    def on_train_start(self) -> None:
        """InputError where a resumed run had other clips: it would go on with somebody else's."""
        before, now = self._resumed, TrainingId.parse(self.provenance()["training_id"])
        if before is not None and before.clips != UNKNOWN and not before.shares_clips(now):
            raise InputError(
                "the run that is to go on learned from other clips; "
                "give another run=..., or start anew with resume=false"
            )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["hyper_parameters"] = {**checkpoint["hyper_parameters"], **self.provenance()}

    def trained(self) -> nn.Module:
        """What the optimizer moves."""
        return self

    def make_optimizer(
        self, config: Config, network: nn.Module
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR | None]:
        """An optimizer over what of `network` is trained, and its schedule where there is a warm-up."""
        parameters = [p for p in network.parameters() if p.requires_grad]
        optimizer: torch.optim.Optimizer = build(config, parameters)
        if self._warmup is None:
            return optimizer, None
        warmup, total = self._warmup, self.trainer.max_steps
        return optimizer, torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: warmup_cosine(step, warmup, total)
        )

    def gathered(self, vectors: Tensor) -> Tensor:
        """Vectors (B, ...) of all processes, (world * B, ...), with gradients.

        A contrast over the batch then is the same on one machine as on several: each sees all negatives.
        """
        world: int = self._trainer.world_size if self._trainer else 1
        if world == 1 or not self.training:
            return vectors
        everywhere = self.all_gather(vectors, sync_grads=True)
        assert isinstance(everywhere, Tensor)
        return everywhere.flatten(0, 1)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer, schedule = self.make_optimizer(self._optimizer, self.trained())
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
