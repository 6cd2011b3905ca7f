"""What tasks with a discriminator share: two optimizers that each batch steps, of which Lightning counts one."""

from typing import Any

from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.tasks.base import Task
from wav2lip.tasks.build import Config


def _no_closure() -> None:
    """Do nothing: the closure of an optimizer step whose gradients are computed already."""


class AdversarialTask(Task):
    """A task that trains a generator and a discriminator; a base or a mixin, without a constructor of its own.

    Attributes:
        discriminator: the network.
        max_grad_norm: largest gradient norm of either network; None: no clipping. Lightning's `gradient_clip_val` does
            not work for a task that steps its optimizers itself.
    """

    discriminator: Any  # what it takes and returns differs from task to task
    max_grad_norm: float | None
    _discriminator_optimizer: Config

    def optimizer_configs(self) -> dict[str, Config]:
        return {
            "optimizer": self._optimizer,
            "discriminator_optimizer": self._discriminator_optimizer,
        }

    def configure_optimizers(self) -> OptimizerLRScheduler:
        pairs = [
            self.make_optimizer(self._optimizer, self.trainable_parameters()),
            self.make_optimizer(
                self._discriminator_optimizer, list(self.discriminator.parameters())
            ),
        ]
        schedules = [schedule for _, schedule in pairs if schedule is not None]
        return [optimizer for optimizer, _ in pairs], list(schedules)

    def on_fit_start(self) -> None:
        super().on_fit_start()
        if self.trainer.precision == "16-mixed":
            raise InputError("trainer.precision=16-mixed: use bf16-mixed to train with a GAN loss")

    def step_optimizer(self, optimizer: LightningOptimizer, loss: Tensor, counted: bool) -> None:
        """Run backward, clip and step.

        Lightning counts each step of its wrapper, so only one optimizer per batch steps through it (`counted`).
        """
        optimizer.zero_grad()
        self.manual_backward(loss)
        if self.max_grad_norm is not None:
            self.clip_gradients(optimizer.optimizer, self.max_grad_norm, "norm")
        if counted:
            optimizer.step()
        else:
            self.trainer.strategy.optimizer_step(optimizer.optimizer, _no_closure)
