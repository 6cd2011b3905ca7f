"""The base class of all tasks, and the schedule of their learning rate."""

import logging
import math
import os
import time
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from wav2lip.checkpoints import Kind, LoadedNetwork, TrainingId, load_network
from wav2lip.checkpoints.provenance import UNKNOWN
from wav2lip.errors import InputError
from wav2lip.tasks.build import Config, build
from wav2lip.tasks.optimizer_settings import apply_settings
from wav2lip.types import CROP_KINDS
from wav2lip.utils.revision import code_revision

log = logging.getLogger(__name__)


def to_float(images: Tensor) -> Tensor:
    """Convert uint8 0-255 to float32 0-1, of the same shape."""
    return images.float() / 255


def warmup_cosine(step: int, warmup: int, total: int, floor: float = 0.02) -> float:
    """Return the factor on the learning rate: linear warm-up, then half a cosine (SGDR, eq. 5).

    Args:
        step: from 0.
        warmup: steps of warm-up.
        total: step at which the cosine ends; -1 or at most `warmup`: constant after the warm-up.
        floor: factor at the end.
    """
    if step < warmup:
        return (step + 1) / warmup
    if total <= warmup:
        return 1.0
    progress = min(1.0, (step - warmup) / (total - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress))


class Task(pl.LightningModule):
    """A LightningModule with one optimizer and an optional schedule of the learning rate.

    Args:
        optimizer: `_target_` and arguments of a torch optimizer, as a plain dict.
        warmup: steps of linear warm-up, followed by a cosine to the trainer's max_steps; None: constant rate.

    Attributes:
        figures: log keys of the metrics that matter most, for the progress line.
        chance: value at chance of logged metrics, for the curves.
    """

    figures: tuple[str, ...] = ("val/loss",)

    def __init__(self, optimizer: Config, warmup: int | None) -> None:
        super().__init__()
        self.chance: dict[str, float] = {}
        self._optimizer = optimizer
        self._warmup = warmup
        self._resumed: TrainingId | None = None  # of the run that is resumed
        self._resumed_parts = UNKNOWN
        self._resumed_expert: str | None = None
        self._hours_before = 0.0  # of training, in the run that is resumed
        self._started: float | None = None  # s, by the monotonic clock
        self._trained_on: dict[
            str, str
        ] = {}  # checkpoints that the run starts from, with their kind of crop
        self._frozen: set[str] = set()  # those of them that do not learn

    @property
    def _crops(self) -> str | None:
        """Where the faces of the clips are cut out, if the clips are known."""
        kind = getattr(getattr(self.trainer, "datamodule", None), "face_crop", None)
        return None if kind is None else str(kind)

    def setup(self, stage: str) -> None:
        # On a CPU and on tensor cores, convolutions over few channels run about a third faster this way.
        self.to(memory_format=torch.channels_last)

    def load(self, path: str, kind: Kind, *, frozen: bool = False) -> LoadedNetwork:
        """Load a network that the run starts from, and remember the crops that it was trained on.

        Args:
            path: checkpoint.
            kind: of network.
            frozen: the network does not learn, so the clips must have the same crops.
        """
        loaded = load_network(path, kind)
        self._trained_on[path] = str(loaded.metadata.get("face_crop", CROP_KINDS[0]))
        if frozen:
            self._frozen.add(path)
        return loaded

    def load_weights(self, path: str, kind: Kind, network: nn.Module) -> nn.Module:
        """Load the weights of a checkpoint's network into `network`, and return it.

        Raises:
            InputError: the checkpoint's network has another shape.
        """
        try:
            network.load_state_dict(self.load(path, kind).network.state_dict())
        except RuntimeError as error:
            problem = " ".join(str(error).split())
            raise InputError(
                f"{path}: its {kind} has another shape than task.{kind}; {problem}"
            ) from error
        return network

    def provenance(self) -> dict[str, str]:
        """Return what a checkpoint records about its run.

        Returns:
            `training_id`, the seed and the training clips; `clip_parts_id`, what was used of these; and `face_crop`,
            where their faces are cut out, if it is known. Inference then cuts faces in the same way.
        """
        seed = os.environ.get("PL_GLOBAL_SEED", UNKNOWN)
        data = getattr(self.trainer, "datamodule", None)
        found = {
            "training_id": str(TrainingId(seed, str(getattr(data, "clips_id", UNKNOWN)))),
            "clip_parts_id": str(getattr(data, "clip_parts_id", UNKNOWN)),
        }
        return found if self._crops is None else {**found, "face_crop": self._crops}

    def require_crops(self) -> None:
        """Check that the clips have such crops as the frozen networks were trained on.

        Raises:
            InputError: their faces are cut out in another way.
        """
        for path in sorted(self._frozen):
            trained_on = self._trained_on[path]
            if self._crops not in (None, trained_on):
                raise InputError(
                    f"{path}: is an expert for {trained_on} crops, but the clips have {self._crops} ones; preprocess "
                    f"them with clip.face_crop={trained_on}, or train an expert on them (experiment=syncnet)"
                )

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        parameters = checkpoint["hyper_parameters"]
        self._resumed = TrainingId.parse(parameters.get("training_id"))
        self._resumed_parts = str(parameters.get("clip_parts_id", UNKNOWN))
        self._resumed_expert = parameters.get("expert_id")
        self._hours_before = float(parameters.get("training_hours", 0.0))

    def on_train_start(self) -> None:
        """Check that a resumed run has the clips and the expert that it started with, and warn of other crops.

        The optimizers get what the config says of them now, if that is something else than before.

        Raises:
            InputError: it has others, or a frozen network was trained on other crops.
        """
        self.require_crops()
        self._started = time.monotonic()
        found = self.provenance()
        before, now = self._resumed, TrainingId.parse(found["training_id"])
        others = before is not None and before.clips != UNKNOWN and not before.shares_clips(now)
        if others or self._resumed_parts not in (UNKNOWN, found["clip_parts_id"]):
            what = "other clips" if others else "other parts of its clips"
            raise InputError(
                f"the run to resume was trained on {what}; "
                "give another run=... or start anew with resume=false"
            )
        expert = found.get("expert_id")
        if self._resumed_expert not in (None, expert):
            raise InputError(
                f"the run to resume learned from another expert ({self._resumed_expert}; this run's: {expert}); "
                "give another run=... or start anew with resume=false"
            )
        if self._resumed is not None:
            self._apply_optimizer_settings()
        crops = self._crops
        for path, trained_on in self._trained_on.items():
            if crops is not None and trained_on != crops:
                log.warning(
                    "%s was trained on %s crops, the clips have %s ones; preprocess with clip.face_crop=%s unless it "
                    "shall learn the others",
                    *(path, trained_on, crops, trained_on),
                )

    def optimizer_configs(self) -> dict[str, Config]:
        """Return the configs of the optimizers by their keys, in the order of `configure_optimizers`."""
        return {"optimizer": self._optimizer}

    def _apply_optimizer_settings(self) -> None:
        found = self.lr_schedulers() or []
        schedules = found if isinstance(found, list) else [found]
        for number, (key, config) in enumerate(self.optimizer_configs().items()):
            optimizer = self.trainer.optimizers[number]
            schedule = schedules[number] if schedules else None
            assert schedule is None or isinstance(schedule, torch.optim.lr_scheduler.LambdaLR)
            for name, (before, now) in apply_settings(optimizer, schedule, config).items():
                log.info("task.%s.%s is now %s; it was %s before", *(key, name, now, before))

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed what the networks draw, such as dropout: a resumed run then draws what it would have drawn."""
        seed = int(os.environ.get("PL_GLOBAL_SEED", "0"))
        numbers = (seed, self.global_step, batch_idx, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["hyper_parameters"] = {
            **checkpoint["hyper_parameters"],
            **self.provenance(),
            "training_hours": self.training_hours(),
            "revision": code_revision(),
        }

    def training_hours(self) -> float:
        """Return the hours of training so far, with those of the run that was resumed and with validations."""
        own = 0.0 if self._started is None else time.monotonic() - self._started
        return self._hours_before + own / 3600

    def trainable_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the optimizer updates."""
        return [p for p in self.parameters() if p.requires_grad]

    def make_optimizer(
        self, config: Config, parameters: list[nn.Parameter]
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR | None]:
        """Build an optimizer over parameters, and its schedule if there is a warm-up."""
        optimizer: torch.optim.Optimizer = build(config, parameters)
        if self._warmup is None:
            return optimizer, None
        warmup, total = self._warmup, self.trainer.max_steps
        return optimizer, torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: warmup_cosine(step, warmup, total)
        )

    def gather_across_processes(self, vectors: Tensor) -> Tensor:
        """Concatenate vectors (B, ...) of all processes to (processes * B, ...), with gradients.

        A contrast over the batch is then the same on one process as on several: each sees all negatives.
        """
        processes: int = self._trainer.world_size if self._trainer else 1
        if processes == 1 or not self.training:
            return vectors
        gathered = self.all_gather(vectors, sync_grads=True)
        assert isinstance(gathered, Tensor)
        return gathered.flatten(0, 1)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer, schedule = self.make_optimizer(self._optimizer, self.trainable_parameters())
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
