"""Train the generator on pixels and on what a frozen sync expert hears in its mouths."""

from typing import Any

import torch
from torch import Tensor, nn

from wav2lip.checkpoints import load_network
from wav2lip.losses.reconstruction import masked_l1
from wav2lip.tasks.base import Config, Task, build, to_float
from wav2lip.types import LipBatch


def mask_lower_half(faces: Tensor) -> Tensor:
    """Faces (B, 3, T, S, S) with the lower half zeroed, as published."""
    masked = faces.clone()
    masked[..., faces.shape[-2] // 2 :, :] = 0
    return masked


def lower_halves(faces: Tensor) -> Tensor:
    """Faces (B, 3, T, S, S) -> lips (B, 3*T, S//2, S), frame-major, what the expert sees."""
    halves = faces[..., faces.shape[-2] // 2 :, :].transpose(1, 2)
    return halves.flatten(1, 2)


class Wav2LipTask(Task):
    """L1 to the target, plus the sync loss of a frozen expert.

    Args:
        generator: config of `wav2lip.models.Generator`.
        expert: checkpoint of a sync expert; None trains on pixels alone.
        sync_loss: config of a loss over audio and face (B, D), e.g. `wav2lip.losses.SyncContrast`.
        weights: of the terms `l1` and `sync`; the sync term may be switched on later by a callback.
        mouth: weight of the mouth region within L1.
        mel_offset_frames: frames from a frame to the start of its mel window (25 fps); inference reads it.
        audio_from_expert: start the generator's audio encoder from the expert's, where the shapes agree.
        optimizer, warmup: see `Task`.
    """

    def __init__(
        self,
        generator: Config,
        optimizer: Config,
        expert: str | None = None,
        sync_loss: Config | None = None,
        weights: dict[str, float] | None = None,
        mouth: float = 1.0,
        mel_offset_frames: int = 0,
        audio_from_expert: bool = False,
        warmup: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.generator = build(generator)
        self.weights = dict(weights or {"l1": 1.0, "sync": 0.0})
        self.mouth = mouth
        self.sync_loss = build(sync_loss) if sync_loss else None
        # In a tuple, so that the frozen expert is neither trained, nor switched to train mode (which would
        # let its batch statistics drift), nor saved with every checkpoint.
        self._expert: tuple[nn.Module, ...] = ()
        if expert:
            network = load_network(expert, "syncnet").network.eval().requires_grad_(False)
            self._expert = (network,)
            if audio_from_expert:
                own = self.generator.audio_encoder.state_dict()
                fitting = {
                    k: v
                    for k, v in network.audio_encoder.state_dict().items()
                    if own[k].shape == v.shape
                }
                self.generator.audio_encoder.load_state_dict(fitting, strict=False)

    def on_fit_start(self) -> None:
        for network in self._expert:
            network.to(self.device)

    on_validation_start = on_fit_start

    def trained(self) -> nn.Module:
        network: nn.Module = self.generator
        return network

    def generate(self, batch: LipBatch, mels: Tensor | None = None) -> Tensor:
        """Faces (B, 3, T, S, S) in [0, 1] for the batch's sound, or for other mels (B, T, 1, 80, 16)."""
        target, reference = to_float(batch["target"]), to_float(batch["reference"])
        faces = torch.cat([mask_lower_half(target), reference], dim=1)
        generated: Tensor = self.generator(batch["mels"] if mels is None else mels, faces)
        return generated

    def losses(self, generated: Tensor, batch: LipBatch) -> dict[str, Tensor]:
        """The terms, unweighted; their weights have the same keys."""
        terms = {"l1": masked_l1(generated, to_float(batch["target"]), self.mouth)}
        for expert in self._expert:
            assert self.sync_loss is not None
            audio, face = expert(batch["mel"], lower_halves(generated))
            terms["sync"] = self.sync_loss(audio, face)
        return terms

    def training_step(self, batch: LipBatch, _: int) -> Tensor:
        terms = self.losses(self.generate(batch), batch)
        loss = torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]))
        return loss

    def validation_step(self, batch: LipBatch, _: int) -> None:
        generated = self.generate(batch)
        other = self.generate(batch, batch["mels"].roll(1, dims=0))
        target = to_float(batch["target"])
        lower = slice(target.shape[-2] // 2, None)
        values: dict[str, Any] = {
            f"val/{name}": value for name, value in self.losses(generated, batch).items()
        }
        # A generator that ignores the sound copies the reference's mouth: then this stays near zero.
        values["val/response"] = (generated - other)[..., lower, :].abs().mean()
        values["val/lower_l1"] = (generated - target)[..., lower, :].abs().mean()
        values["val/reference_l1"] = (
            (to_float(batch["reference"]) - target)[..., lower, :].abs().mean()
        )
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
