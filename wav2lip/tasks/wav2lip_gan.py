"""Train the generator against a quality discriminator as well."""

from typing import Any, cast

from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.losses.adversarial import adversarial_bce
from wav2lip.tasks.base import Config, build, to_float
from wav2lip.tasks.wav2lip import Wav2LipTask
from wav2lip.types import LipBatch


def _nothing() -> None:
    """The closure of a step whose gradients are already there."""


class Wav2LipGANTask(Wav2LipTask):
    """The generator's losses and an adversarial one; each batch trains the generator, then the discriminator.

    The validation loss leaves the adversarial term out: it measures the opponent as much as the
    generator, so the best checkpoint is chosen by what both trainings share.

    Args:
        generator, optimizer, weights, options: see `Wav2LipTask`; `weights` has the term `adv` too.
        discriminator: config of `wav2lip.models.QualityDiscriminator`.
        discriminator_optimizer: as `optimizer`; the same one if None.
        max_grad_norm: largest gradient norm of either network; None leaves gradients alone. Lightning's own
            `gradient_clip_val` cannot serve a task that steps its optimizers itself.

    InputError where `weights` has no `adv`, or under fp16 (bf16 has the range that two losses need).
    """

    def __init__(
        self,
        generator: Config,
        discriminator: Config,
        optimizer: Config,
        weights: dict[str, float],
        discriminator_optimizer: Config | None = None,
        max_grad_norm: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(generator, optimizer, weights=weights, **options)
        if "adv" not in weights:
            raise InputError(f"task.weights has {sorted(weights)}, and needs adv")
        self.automatic_optimization = False
        self.discriminator = build(discriminator)
        self._discriminator_optimizer = discriminator_optimizer or optimizer
        self.max_grad_norm = max_grad_norm

    def configure_optimizers(self) -> OptimizerLRScheduler:
        pairs = [
            self.make_optimizer(self._optimizer, self.generator),
            self.make_optimizer(self._discriminator_optimizer, self.discriminator),
        ]
        schedules = [schedule for _, schedule in pairs if schedule is not None]
        return [optimizer for optimizer, _ in pairs], list(schedules)

    def on_fit_start(self) -> None:
        super().on_fit_start()
        if self.trainer.precision == "16-mixed":
            raise InputError("trainer.precision=16-mixed: use bf16-mixed to train with a GAN loss")

    def _step(self, optimizer: LightningOptimizer, loss: Tensor, counted: bool) -> None:
        """Backward, clip, step. Lightning counts every step of its wrapper, so only one a batch takes it."""
        optimizer.zero_grad()
        self.manual_backward(loss)
        if self.max_grad_norm is not None:
            self.clip_gradients(optimizer.optimizer, self.max_grad_norm, "norm")
        if counted:
            optimizer.step()
        else:
            self.trainer.strategy.optimizer_step(optimizer.optimizer, _nothing)

    def training_step(self, batch: LipBatch, _: int) -> Tensor:
        painter, critic = cast("list[LightningOptimizer]", self.optimizers())
        batch = self.neutralize(batch)
        generated = self.generate(batch)
        terms = self.losses(generated, batch)
        self.discriminator.requires_grad_(False)
        terms["adv"] = adversarial_bce(self.discriminator.logits(generated), real=True)
        loss = self.total(terms)
        self._step(painter, loss, counted=True)
        self.discriminator.requires_grad_(True)

        real = adversarial_bce(self.discriminator.logits(to_float(batch["target"])), real=True)
        fake = adversarial_bce(self.discriminator.logits(generated.detach()), real=False)
        self._step(critic, real + fake, counted=False)

        schedules = self.lr_schedulers() or []
        for schedule in schedules if isinstance(schedules, list) else [schedules]:
            schedule.step()  # type: ignore[call-arg]  # never one that watches a metric
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        values |= {"train/real": real.detach(), "train/fake": fake.detach()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return loss.detach()

    def validation_step(self, batch: LipBatch, index: int) -> Tensor:
        """As the base's; one picture serves both."""
        generated = super().validation_step(batch, index)
        logits = self.discriminator.logits(generated)
        values = {
            "val/adv": adversarial_bce(logits, real=True),
            "val/fooled": (logits > 0).float().mean(),
        }
        self.log_dict(values, batch_size=len(batch["clip"]), sync_dist=True)
        return generated
