"""Train the generator with a quality discriminator in addition."""

from typing import Any, cast

from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.losses.adversarial import adversarial_bce
from wav2lip.tasks.adversarial import AdversarialTask
from wav2lip.tasks.base import to_float
from wav2lip.tasks.build import Config, build
from wav2lip.tasks.wav2lip import Wav2LipTask
from wav2lip.types import LipBatch


class Wav2LipGANTask(AdversarialTask, Wav2LipTask):
    """Train the generator with an adversarial loss; each batch trains the generator, then the discriminator.

    The validation loss excludes the adversarial term, which depends on the discriminator as much as on the generator.
    So the best checkpoint is chosen as in `Wav2LipTask`.

    Args:
        generator: see `Wav2LipTask`.
        discriminator: config of `wav2lip.models.QualityDiscriminator`.
        optimizer: of the generator; see `Task`.
        weights: see `Wav2LipTask`; also of the term `adv`.
        discriminator_optimizer: of the discriminator; None: as `optimizer`.
        max_grad_norm: largest gradient norm of either network; None: no clipping. Lightning's `gradient_clip_val` does
            not work for a task that steps its optimizers itself.
        options: further arguments of `Wav2LipTask`.

    Raises:
        InputError: `weights` has no `adv`, or the precision is fp16, whose range is too small for two losses.
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
            raise InputError(f"task.weights has {sorted(weights)} and needs adv")
        self.automatic_optimization = False
        self.discriminator = build(discriminator)
        self._discriminator_optimizer = discriminator_optimizer or optimizer
        self.max_grad_norm = max_grad_norm

    def training_step(self, batch: LipBatch, _: int) -> Tensor:
        optimizer_g, optimizer_d = cast("list[LightningOptimizer]", self.optimizers())
        batch = self.neutralize(batch)
        generated = self.generate(batch)
        terms = self.losses(generated, batch)
        self.discriminator.requires_grad_(False)
        terms["adv"] = adversarial_bce(self.discriminator.logits(generated), real=True)
        loss = self.total(terms)
        self.step_optimizer(optimizer_g, loss, counted=True)
        self.discriminator.requires_grad_(True)

        real = adversarial_bce(self.discriminator.logits(to_float(batch["target"])), real=True)
        fake = adversarial_bce(self.discriminator.logits(generated.detach()), real=False)
        self.step_optimizer(optimizer_d, real + fake, counted=False)

        schedules = self.lr_schedulers() or []
        for schedule in schedules if isinstance(schedules, list) else [schedules]:
            schedule.step()  # type: ignore[call-arg]  # none depends on a metric
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        values |= {"train/real": real.detach(), "train/fake": fake.detach()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return loss.detach()

    def validation_step(self, batch: LipBatch, index: int) -> Tensor:
        """Log the base's values and the discriminator's, from the same generated faces."""
        generated = super().validation_step(batch, index)
        logits = self.discriminator.logits(generated)
        values = {
            "val/adv": adversarial_bce(logits, real=True),
            "val/fooled": (logits > 0).float().mean(),
        }
        self.log_dict(values, batch_size=len(batch["clip"]), sync_dist=True)
        return generated
