"""Train the generator on pixels and on what a frozen sync expert hears in its mouths."""

import logging
from typing import Any, cast

import torch
from torch import Tensor, nn

from wav2lip.checkpoints import load_network
from wav2lip.errors import InputError
from wav2lip.losses.audio_contrast import audio_contrast
from wav2lip.losses.features import feature_l1
from wav2lip.losses.reconstruction import edge_l1, masked_l1, mouth_psnr
from wav2lip.models import SyncNet
from wav2lip.models.generator import mask_lower_half
from wav2lip.tasks.base import Config, Task, build, start_from, to_float
from wav2lip.types import LipBatch

PUBLISHED_SIZE = 96  # px, where a config names none
log = logging.getLogger(__name__)


def lower_halves(faces: Tensor) -> Tensor:
    """Faces (B, 3, T, S, S) -> lips (B, 3*T, S//2, S), frame-major, what the expert sees."""
    return faces[..., faces.shape[-2] // 2 :, :].transpose(1, 2).flatten(1, 2)


def copy_audio_encoder(audio_encoder: nn.Module, expert: nn.Module) -> int:
    """Start an audio encoder from an expert's: its first blocks, as far as all their shapes agree.

    Returns the number of blocks taken over. Beyond the first that differs nothing is: the published
    expert has one block more than the generator, so what follows means another layer.
    """
    taken = 0
    for own, other in zip(audio_encoder.children(), expert.children(), strict=False):
        state, given = own.state_dict(), other.state_dict()
        if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in given.items()}:
            break
        own.load_state_dict(given)
        taken += 1
    return taken


class Wav2LipTask(Task):
    """L1 to the target, plus the sync loss of a frozen expert.

    Args:
        generator: config of `wav2lip.models.Generator`.
        expert: checkpoint of a sync expert; None trains on pixels alone.
        sync_loss: config of a loss over audio and face (B, D) and other sounds (B, K, D), e.g.
            `wav2lip.losses.SyncContrast`.
        weights: of the terms `l1` and `sync` (which a callback may switch on later), and where wanted
            `edge`, `audio_contrast` (no expert needed) and, with an expert, `features`: see `edge_l1`,
            `audio_contrast` and `feature_l1`.
        mouth_weight: weight of the mouth region within L1.
        mel_offset_frames: frames from a frame to the start of its mel window (25 fps); inference reads it.
        audio_from_expert: start the generator's audio encoder from the expert's, where the shapes agree.
        init_from: checkpoint of a generator of the same shape to start from.
        motion_gain: factor on the encoded sound to start with; see `AudioEncoder.scale_motion`.
        pixel_losses: more terms by name, configs of losses over generated and target faces, e.g.
            `ssim` of `wav2lip.losses.SSIMLoss`; each needs its weight.
        fixed_statistics: keep the batch norms' statistics that `init_from` brings; a few windows of one
            person have none to speak of.
        neutral_share: share (0-1) of each training batch whose references a generator that warps first draws saying
            nothing, as inference does with the source: the sound then has to open a closed mouth.
        optimizer, warmup: see `Task`.

    InputError where the expert's checkpoint is none, is for another image size, or has no loss or weight.
    """

    def __init__(
        self,
        generator: Config,
        optimizer: Config,
        expert: str | None = None,
        sync_loss: Config | None = None,
        weights: dict[str, float] | None = None,
        mouth_weight: float = 1.0,
        mel_offset_frames: int = 0,
        audio_from_expert: bool = False,
        init_from: str | None = None,
        motion_gain: float = 1.0,
        pixel_losses: dict[str, Config] | None = None,
        fixed_statistics: bool = False,
        neutral_share: float = 0.0,
        warmup: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.generator = build(generator)
        if init_from:
            self.generator = start_from(init_from, "generator", self.generator)
        if motion_gain != 1.0:
            self.generator.audio_encoder.scale_motion(motion_gain)
        self.fixed_statistics = fixed_statistics
        self.neutral_share = neutral_share
        self.weights = dict(weights or {"l1": 1.0, "sync": 0.0})
        self.mouth_weight = mouth_weight
        self._expert_id = "none"
        if init_from and not expert:  # what it learned from its expert stays in it
            metadata = load_network(init_from, "generator").metadata
            self._expert_id = str(metadata.get("expert_id", "none"))
        self.sync_loss = build(sync_loss) if sync_loss else None
        # In a tuple, so that the frozen expert is neither trained, nor switched to train mode (which would
        # let its batch statistics drift), nor saved with every checkpoint.
        self._expert: tuple[SyncNet, ...] = (self._load_expert(expert),) if expert else ()
        # A plain dict, for the same reasons: LPIPS is a frozen network too.
        self._pixel_losses = {name: build(loss) for name, loss in (pixel_losses or {}).items()}
        needed = {"l1", *self._pixel_losses, *(["sync"] if expert else [])}
        if not needed <= set(self.weights):
            raise InputError(f"task.weights has {sorted(self.weights)}, and needs {sorted(needed)}")
        for network in self._expert if audio_from_expert else ():
            taken = copy_audio_encoder(
                self.generator.audio_encoder, network.get_submodule("audio_encoder")
            )
            log.info("%d blocks of the audio encoder start from the expert's", taken)

    def _load_expert(self, path: str) -> SyncNet:
        if self.sync_loss is None:
            raise InputError(f"task.expert={path} needs a task.sync_loss; give one or expert=null")
        loaded = load_network(path, "syncnet")
        self._expert_id = loaded.identity
        size = loaded.config.get("image_size", PUBLISHED_SIZE)
        own = self.hparams["generator"].get("image_size", PUBLISHED_SIZE)
        if size != own:
            raise InputError(
                f"{path}: an expert for faces of {size} px, the generator makes {own} px; "
                f"train an expert with data.dataset.image_size={own}"
            )
        return cast("SyncNet", loaded.network.eval().requires_grad_(False))

    def on_fit_start(self) -> None:
        for network in (*self._expert, *self._pixel_losses.values()):
            network.to(self.device)

    on_validation_start = on_fit_start

    def on_train_batch_start(self, batch: LipBatch, batch_idx: int) -> None:
        for module in self.generator.modules() if self.fixed_statistics else ():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def provenance(self) -> dict[str, str]:
        """Also `expert_id`, the expert's own `training_id`: a judge must be another one."""
        return {**super().provenance(), "expert_id": self._expert_id}

    def trained(self) -> nn.Module:
        network: nn.Module = self.generator
        return network

    def generate(self, batch: LipBatch, mels: Tensor | None = None) -> Tensor:
        """Faces (B, 3, T, S, S) in [0, 1] for the batch's sound, or for other mels (B, T, 1, 80, 16).

        InputError where the data's faces are of another size than the generator's.
        """
        size, own = batch["target"].shape[-1], self.generator.image_size
        if size != own:
            raise InputError(
                f"data.dataset.image_size={size}, and the generator draws faces of {own} px; "
                "give both one size"
            )
        target, reference = to_float(batch["target"]), to_float(batch["reference"])
        faces = torch.cat([mask_lower_half(target), reference], dim=1)
        generated: Tensor = self.generator(batch["mels"] if mels is None else mels, faces)
        return generated.float()  # losses belong in fp32, also where the network runs in bf16

    @torch.no_grad()
    def neutralize(self, batch: LipBatch) -> LipBatch:
        """The batch with a share `neutral_share` of its references as the generator draws them in silence."""
        # Spread over the batch: the audio contrast uses its first half only.
        places = range(len(batch["clip"]))
        chosen = [
            i for i in places if int((i + 1) * self.neutral_share) > int(i * self.neutral_share)
        ]
        if not chosen or self.generator.warp_blend is None:
            return batch
        training = [module for module in self.generator.modules() if module.training]
        self.generator.eval()
        own = to_float(batch["reference"][chosen]).transpose(1, 2)  # (N, T, 3, S, S)
        _, drawn = self.generator.neutralize(own.flatten(0, 1))
        for module in training:
            module.training = True
        torch.clear_autocast_cache()  # else the weights cast here, without gradients, are used again
        neutral = batch["reference"].clone()
        neutral[chosen] = (drawn.view_as(own).transpose(1, 2) * 255).round().byte()
        return cast("LipBatch", {**batch, "reference": neutral})

    def losses(self, generated: Tensor, batch: LipBatch) -> dict[str, Tensor]:
        """The terms, unweighted; their weights have the same keys."""
        target = to_float(batch["target"])
        terms = {"l1": masked_l1(generated, target, self.mouth_weight)}
        if self.weights.get("audio_contrast"):
            # A second picture of every window would double the cost.
            half = slice((len(target) + 1) // 2)
            part = cast("LipBatch", {name: batch[name][half] for name in ("target", "reference")})
            other = self.generate(part, batch["mels"].roll(1, dims=0)[half])
            terms["audio_contrast"] = audio_contrast(generated[half], other, target[half])
        if self.weights.get("edge"):
            terms["edge"] = edge_l1(generated, target, self.mouth_weight)
        for expert in self._expert:
            assert self.sync_loss is not None
            lips = lower_halves(generated)
            audio, negatives = self._sounds(expert, batch)
            face = expert.embed_face(lips)
            # A contrast over the batch sees all processes' samples.
            terms["sync"] = self.sync_loss(*map(self.gathered, (audio, face, negatives)))
            if self.weights.get("features"):
                terms["features"] = feature_l1(expert.face_encoder, lips, lower_halves(target))
        for name, loss in self._pixel_losses.items():
            terms[name] = loss(generated, target)
        return terms

    @staticmethod
    @torch.no_grad()
    def _sounds(expert: SyncNet, batch: LipBatch) -> tuple[Tensor, Tensor]:
        """The expert's vectors of each window's sound (B, D) and of its clip's negatives (B, K, D)."""
        sounds = torch.cat([batch["mel"][:, None], batch["negatives"]], dim=1)
        heard = expert.embed_audio(sounds.flatten(0, 1)).view(*sounds.shape[:2], -1)
        return heard[:, 0], heard[:, 1:]

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        """Weighted sum of the terms."""
        return torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()

    def training_step(self, batch: LipBatch, _: int) -> Tensor:
        batch = self.neutralize(batch)
        terms = self.losses(self.generate(batch), batch)
        loss = self.total(terms)
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return loss

    def validation_step(self, batch: LipBatch, _: int) -> Tensor:
        """Logs the terms; returns what is generated, for callbacks that look at it."""
        generated = self.generate(batch)
        target = to_float(batch["target"])
        lower = slice(target.shape[-2] // 2, None)
        terms = self.losses(generated, batch)
        values: dict[str, Any] = {f"val/{name}": value for name, value in terms.items()}
        values["val/loss"] = self.total(terms)
        if len(target) > 1:  # a batch of one has no other clip's sound
            # A generator that ignores the sound copies the reference's mouth: then this stays near zero.
            other = self.generate(batch, batch["mels"].roll(1, dims=0))
            values["val/response"] = (generated - other)[..., lower, :].abs().mean()
        values["val/lower_l1"] = (generated - target)[..., lower, :].abs().mean()
        reference = to_float(batch["reference"])
        values["val/reference_l1"] = (reference - target)[..., lower, :].abs().mean()
        # dB; their difference is the gain over copying the mouth of a frame from elsewhere in the clip
        values["val/mouth_psnr"] = mouth_psnr(generated, target)
        values["val/reference_psnr"] = mouth_psnr(reference, target)
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return generated
