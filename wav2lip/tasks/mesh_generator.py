"""Train the inside of the mouth of a generator that moves the mesh; its motion is trained before."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from pytorch_lightning.core.optimizer import LightningOptimizer
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from wav2lip.checkpoints import expert_ids, load_network
from wav2lip.losses.inpainting import (
    adversarial,
    detail_l1,
    detail_ratio,
    feature_l1,
    hinge,
    hue_l1,
    region_l1,
)
from wav2lip.models import MeshGenerator
from wav2lip.models.mouth_inpainter import FIRST_EXEMPLAR, compose
from wav2lip.tasks.adversarial import AdversarialTask
from wav2lip.tasks.base import to_float
from wav2lip.tasks.build import Config, build
from wav2lip.types import MouthBatch

MATCHED = ("l1", "detail", "drawn")  # terms that compare with the true picture pixel by pixel
LEAD = 300  # steps that the discriminator trains before the generator listens to it


class MeshGeneratorTask(AdversarialTask):
    """Train `wav2lip.models.MouthInpainter` as a part of a `MeshGenerator`.

    A frame is moved to the mouth of another frame of the same clip by their meshes, without any sound, and the true
    picture of that mouth is the target. So the checkpoint's network of motion stays as it was trained.

    Logs `val/l1`, the error in the region of a still (without exemplars), and `val/sharpness`, its detail against the
    target's.

    Args:
        generator: config of `wav2lip.models.MeshGenerator`; the arguments of its motion come from `motion_from`.
        motion_from: checkpoint of a network of lip motion; None: untrained, for a test.
        discriminator: config of `wav2lip.models.PatchDiscriminator`.
        scales: number of discriminators, each of which sees half the resolution of the one before (Wang et al. 2018,
            *High-resolution image synthesis with conditional GANs*, section 3.2).
        optimizer: see `Task`.
        weights: of the terms `l1`, `detail`, `drawn` (the drawn colour alone, inside the opening), `hue`, `adv` and
            `features`.
        photo_weights: of `l1`, `detail` and `drawn` for samples without exemplars; None: as `weights`. What a photo
            does not show can only be made up: there L1 blurs.
        adv_from: step from which `adv` and `features` count.
        discriminator_optimizer: None: as `optimizer`.
        max_grad_norm: largest gradient norm of either network.
        init_from: checkpoint of this task to start from.
        warmup: see `Task`.

    Raises:
        InputError: the precision is fp16, whose range is too small for two losses.
    """

    figures = ("val/l1", "val/sharpness")
    generator: MeshGenerator

    def __init__(
        self,
        generator: Config,
        discriminator: Config,
        optimizer: Config,
        weights: dict[str, float],
        photo_weights: dict[str, float] | None = None,
        motion_from: str | None = None,
        scales: int = 1,
        adv_from: int = 0,
        discriminator_optimizer: Config | None = None,
        max_grad_norm: float = 1.0,
        init_from: str | None = None,
        warmup: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        motion = load_network(motion_from, "lip_motion") if motion_from else None  # sees no crop
        if motion is not None:
            arguments = {k: v for k, v in motion.config.items() if k != "_target_"}
            generator = {**generator, **arguments}
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.generator = build(generator)
        earlier: list[str] = []
        start: dict[str, Any] = {} if motion is None else motion.metadata
        if init_from:
            self.load_weights(init_from, "generator", self.generator)
            metadata = load_network(init_from, "generator").metadata
            earlier = expert_ids(metadata)
            start = metadata if motion is None else start
        if motion is not None:  # after `init_from`, which has a motion of its own
            self.generator.motion.load_state_dict(motion.network.state_dict())
        self._earlier_experts = "; ".join(earlier)
        self.generator.motion.requires_grad_(False)
        self._expert_id = str(start.get("expert_id", "none"))
        self.discriminator = nn.ModuleList(build(discriminator) for _ in range(scales))
        self._discriminator_optimizer = discriminator_optimizer or optimizer
        self.weights = dict(weights)
        self.photo_weights = dict(photo_weights or {name: weights[name] for name in MATCHED})
        self.adv_from = adv_from
        self.max_grad_norm = max_grad_norm

    def provenance(self) -> dict[str, str]:
        """Return the base's entries, the `expert_id` of the network of motion, and the experts of its start."""
        experts = {"expert_id": self._expert_id, "earlier_expert_ids": self._earlier_experts}
        return {**super().provenance(), **experts}

    def trainable_parameters(self) -> list[torch.nn.Parameter]:
        return list(self.generator.inpainter.parameters())

    def inpaint(self, batch: MouthBatch) -> tuple[Tensor, Tensor]:
        """Return the composed pictures (B, 3, 72, 96) and the drawn colour (B, 3, 72, 96), in [0, 1]."""
        candidates = to_float(batch["candidates"])
        weights, colour = self.generator.inpainter(candidates, batch["inside"], batch["shape"])
        return compose(candidates, weights, colour, batch["shape"][:, 1]), colour

    def judge(self, pictures: Tensor, shape: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return the logits of every discriminator, and the feature maps of all of them."""
        logits, features = [], []
        for scale, discriminator in enumerate(self.discriminator):
            if scale:
                pictures, shape = F.avg_pool2d(pictures, 2), F.avg_pool2d(shape, 2)
            found, maps = discriminator(pictures, shape)
            logits.append(found)
            features += maps
        return logits, features

    def match(
        self, composed: Tensor, colour: Tensor, batch: MouthBatch, made_up: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compare what was drawn with the true pictures.

        Args:
            composed: (B, 3, 72, 96).
            colour: (B, 3, 72, 96).
            batch: what they were drawn from.
            made_up: (B,) bool, samples without exemplars.

        Returns:
            The weighted loss, and its terms.
        """
        target = to_float(batch["target"])
        opening, region = batch["shape"][:, :1], batch["shape"][:, 1:]
        hue = hue_l1(composed, target, region) + hue_l1(colour, target, opening)
        loss, terms = self.weights["hue"] * hue, {"hue": hue}
        for weights, chosen in ((self.weights, ~made_up), (self.photo_weights, made_up)):
            share = chosen.float()
            inside, around = (mask * share.view(-1, 1, 1, 1) for mask in (opening, region))
            values = {
                "l1": region_l1(composed, target, around),
                "detail": detail_l1(composed, target, around),
                "drawn": region_l1(colour, target, inside),
            }
            for name, value in values.items():
                loss = loss + share.mean() * weights[name] * value
                terms[name] = terms.get(name, 0 * hue) + share.mean() * value
        return loss, terms

    def training_step(self, batch: MouthBatch, _: int) -> Tensor:
        optimizer_g, optimizer_d = cast("list[LightningOptimizer]", self.optimizers())
        target, shape = to_float(batch["target"]), batch["shape"]
        opening, region = shape[:, :1], shape[:, 1:]
        composed, colour = self.inpaint(batch)
        made_up = (batch["candidates"][:, FIRST_EXEMPLAR:] == 0).flatten(1).all(1)
        loss, terms = self.match(composed, colour, batch, made_up)
        # What lies outside the region is the same in both. Of a photo the drawn colour is judged in the whole opening.
        real = torch.lerp(composed.detach(), target, region)
        alone = torch.lerp(composed, colour, opening)
        judged = torch.where(made_up[:, None, None, None], alone, composed)
        if self.global_step >= self.adv_from:
            self.discriminator.requires_grad_(False)
            logits, features = self.judge(judged, shape)
            terms["adv"] = adversarial(logits, region)
            with torch.no_grad():
                wanted = self.judge(real, shape)[1]
            terms["features"] = feature_l1(features, wanted, region)
            self.discriminator.requires_grad_(True)
            loss = loss + self.weights["adv"] * terms["adv"]
            loss = loss + self.weights["features"] * terms["features"]
        self.step_optimizer(optimizer_g, loss, counted=True)
        schedules = cast("list[LRScheduler]", self.lr_schedulers() or [])
        for schedule in schedules[:1]:
            schedule.step()
        if self.global_step > self.adv_from - LEAD:
            fake = hinge(self.judge(judged.detach(), shape)[0], False, region)
            true = hinge(self.judge(real, shape)[0], True, region)
            self.step_optimizer(optimizer_d, true + fake, counted=False)
            for schedule in schedules[1:]:
                schedule.step()
            terms["real"], terms["fake"] = true, fake
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return loss.detach()

    def validation_step(self, batch: MouthBatch, _: int) -> None:
        target, region = to_float(batch["target"]), batch["shape"][:, 1:]
        composed, _colour = self.inpaint(batch)
        l1 = region_l1(composed, target, region)
        values: dict[str, Any] = {
            "val/l1": l1,
            "val/detail": detail_l1(composed, target, region),
            "val/sharpness": detail_ratio(composed, target, region),
            "val/moved_l1": region_l1(to_float(batch["candidates"][:, 0]), target, region),
        }
        values["val/loss"] = values["val/l1"] + values["val/detail"]
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
