"""Train the generator on pixel losses and the sync loss of a frozen expert."""

import logging
from typing import Any, cast

import torch
from torch import Tensor, nn

from wav2lip.checkpoints import expert_ids, load_network
from wav2lip.errors import InputError
from wav2lip.losses.audio_contrast import audio_contrast
from wav2lip.losses.features import feature_l1
from wav2lip.losses.reconstruction import edge_l1, mouth_psnr, weighted_l1
from wav2lip.models import Generator, SyncNet
from wav2lip.models.audio_encoder import copy_audio_encoder
from wav2lip.models.generator import face_inputs
from wav2lip.tasks.base import Task, to_float
from wav2lip.tasks.build import Config, build
from wav2lip.types import IMAGE_SIZE, WINDOW_FRAMES, LipBatch

log = logging.getLogger(__name__)


def lower_halves(faces: Tensor) -> Tensor:
    """Convert faces (B, 3, T, S, S) to the input of the expert: (B, 3*T, S//2, S), frame-major."""
    return faces[..., faces.shape[-2] // 2 :, :].transpose(1, 2).flatten(1, 2)


class Wav2LipTask(Task):
    """Train the generator on L1 to the target and the sync loss of a frozen expert.

    Args:
        generator: config of `wav2lip.models.Generator`.
        optimizer: see `Task`.
        expert: checkpoint of a sync expert of pictures, or `bundled:expert`; None trains without a sync loss.
        sync_loss: config of a loss over audio and face (B, D) and negatives (B, K, D), such as
            `wav2lip.losses.SyncContrast`; required with an expert.
        weights: of the terms `l1`, `sync` (which a callback may enable later) and optionally `edge`,
            `audio_contrast` (needs no expert) and, with an expert, `features`. See `edge_l1`, `audio_contrast` and
            `feature_l1` in `wav2lip.losses`.
        mouth_weight: weight of the lips within L1.
        mel_offset_frames: frames from a frame to the start of its mel window (25 fps); inference reads it.
        audio_from_expert: start the audio encoder from the expert's weights as far as shapes agree.
        init_from: checkpoint of a generator of the same shape to start from.
        motion_gain: factor on the audio code at the start; see `AudioEncoder.scale_motion`.
        pixel_losses: more terms by name: configs of losses over generated and target faces, such as
            `wav2lip.losses.SSIMLoss`. Each needs a weight.
        fixed_statistics: keep the batch-norm statistics of `init_from`; a few clips of one person are too few to
            estimate them.
        neutral_share: share (0-1) of each training batch whose references are neutralized first, as inference does, if
            the generator warps. The audio then has to open a closed mouth.
        warmup: see `Task`.

    Raises:
        InputError: the generator draws no face, the expert is for another image size or has no loss, a term has no
            weight, or a checkpoint does not fit. When training starts: the expert is for other crops than the clips'.
    """

    figures = ("train/l1", "val/loss", "val/mouth_psnr")

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
        if not isinstance(self.generator, Generator):
            kind = type(self.generator).__name__
            raise InputError(
                f"{init_from or 'generator'}: a {kind} draws no whole face, so this task cannot train it; "
                "`wav2lip personalize` tunes one that moves the mesh, experiment=mesh_generator trains it"
            )
        if init_from:
            self.generator = self.load_weights(init_from, "generator", self.generator)
        if motion_gain != 1.0:
            self.generator.audio_encoder.scale_motion(motion_gain)
        self.fixed_statistics = fixed_statistics
        self.neutral_share = neutral_share
        self.weights = dict(weights or {"l1": 1.0, "sync": 0.0})
        self.mouth_weight = mouth_weight
        self._expert_id = "none"
        self._earlier_experts: list[str] = []
        if init_from:  # it keeps what it learned from its experts
            metadata = load_network(init_from, "generator").metadata
            self._earlier_experts = expert_ids(metadata)
            self._expert_id = str(metadata.get("expert_id", "none"))
        self.sync_loss = build(sync_loss) if sync_loss else None
        # A tuple hides the frozen expert from Lightning: it is not trained, not switched to train mode (its
        # batch statistics would drift), and not saved in checkpoints.
        self._expert: tuple[SyncNet, ...] = (self._load_expert(expert),) if expert else ()
        # A plain dict for the same reason: LPIPS is a frozen network too.
        self._pixel_losses = {name: build(loss) for name, loss in (pixel_losses or {}).items()}
        needed = {"l1", *self._pixel_losses, *(["sync"] if expert else [])}
        if not needed <= set(self.weights):
            raise InputError(f"task.weights has {sorted(self.weights)} and needs {sorted(needed)}")
        # Weights of `init_from` are trained: they stay.
        for network in self._expert if audio_from_expert and not init_from else ():
            own = self.generator.audio_encoder
            copied = copy_audio_encoder(own, network.get_submodule("audio_encoder"))
            log.info(
                "%d of %d blocks of the audio encoder start from the expert's weights",
                *(copied, len(list(own.children()))),
            )

    def _load_expert(self, path: str) -> SyncNet:
        if self.sync_loss is None:
            raise InputError(
                f"task.expert={path} needs a task.sync_loss; set one, or task.expert=null"
            )
        loaded = self.load(path, "syncnet", frozen=True)
        self._expert_id = loaded.identity
        size = loaded.config.get("image_size", IMAGE_SIZE)
        own = self.hparams["generator"].get("image_size", IMAGE_SIZE)
        if size != own:
            raise InputError(
                f"{path}: is an expert for faces of {size} px, but the generator renders {own} px; "
                f"train an expert with data.dataset.image_size={own}"
            )
        expert = cast("SyncNet", loaded.network)
        if expert.window != WINDOW_FRAMES:
            raise InputError(
                f"{path}: is an expert of {expert.window} frames; a generator needs one of {WINDOW_FRAMES}"
            )
        return expert.eval().requires_grad_(False)

    def _move_frozen(self) -> None:
        for network in (*self._expert, *self._pixel_losses.values()):
            network.to(self.device)

    def on_fit_start(self) -> None:
        self._move_frozen()

    def on_validation_start(self) -> None:
        self.require_crops()  # here, too: a callback may validate before training starts
        self._move_frozen()

    def on_train_batch_start(self, batch: LipBatch, batch_idx: int) -> None:
        super().on_train_batch_start(batch, batch_idx)
        for module in self.generator.modules() if self.fixed_statistics else ():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def provenance(self) -> dict[str, str]:
        """Return the base's entries and the experts, so that they are not used as judges of their generator."""
        earlier = "; ".join(self._earlier_experts)
        experts = {"expert_id": self._expert_id, "earlier_expert_ids": earlier}
        return {**super().provenance(), **experts}

    def trainable_parameters(self) -> list[nn.Parameter]:
        """Return the generator's parameters."""
        return [p for p in self.generator.parameters() if p.requires_grad]

    def generate(self, batch: LipBatch, mels: Tensor | None = None) -> Tensor:
        """Generate the faces of a batch.

        Args:
            batch: targets, references and mels.
            mels: (B, T, 1, 80, 16), used in place of the batch's own.

        Returns:
            (B, 3, T, S, S) in [0, 1], float32.

        Raises:
            InputError: the data's faces have another size than the generator's.
        """
        size, own = batch["target"].shape[-1], self.generator.image_size
        if size != own:
            raise InputError(
                f"data.dataset.image_size={size}, but the generator renders faces of {own} px; "
                "set both to the same size"
            )
        faces = face_inputs(to_float(batch["target"]), to_float(batch["reference"]))
        generated: Tensor = self.generator(batch["mels"] if mels is None else mels, faces)
        return generated.float()  # losses are computed in float32 if the network runs in bfloat16

    @torch.no_grad()
    def neutralize(self, batch: LipBatch) -> LipBatch:
        """Return the batch with a share `neutral_share` of its references neutralized by the generator."""
        # Spread over the batch, because the audio contrast uses its first half only.
        places = range(len(batch["clip"]))
        chosen = [
            i for i in places if int((i + 1) * self.neutral_share) > int(i * self.neutral_share)
        ]
        if not chosen or self.generator.warp_blend is None:
            return batch
        training = [module for module in self.generator.modules() if module.training]
        self.generator.eval()
        own = to_float(batch["reference"][chosen]).transpose(1, 2)  # (N, T, 3, S, S)
        _, rendered = self.generator.neutralize(own.flatten(0, 1))
        for module in training:
            module.training = True
        # Else autocast reuses the weights that it cast here, without gradients.
        torch.clear_autocast_cache()
        neutral = batch["reference"].clone()
        neutral[chosen] = (rendered.view_as(own).transpose(1, 2) * 255).round().byte()
        return cast("LipBatch", {**batch, "reference": neutral})

    def losses(self, generated: Tensor, batch: LipBatch) -> dict[str, Tensor]:
        """Return the unweighted terms; `weights` has the same keys."""
        target = to_float(batch["target"])
        terms = {"l1": weighted_l1(generated, target, self.mouth_weight)}
        if self.weights.get("audio_contrast"):
            # Half of the batch: a second generated image per window would double the cost.
            half = slice((len(target) + 1) // 2)
            part = cast("LipBatch", {name: batch[name][half] for name in ("target", "reference")})
            other = self.generate(part, batch["mels"].roll(1, dims=0)[half])
            terms["audio_contrast"] = audio_contrast(generated[half], other, target[half])
        if self.weights.get("edge"):
            terms["edge"] = edge_l1(generated, target, self.mouth_weight)
        for expert in self._expert:
            assert self.sync_loss is not None
            lips = lower_halves(generated)
            audio, negatives = self._embed_audio(expert, batch)
            face = expert.embed_face(lips)
            vectors = map(self.gather_across_processes, (audio, face, negatives))
            terms["sync"] = self.sync_loss(*vectors)
            if self.weights.get("features"):
                seen = map(expert.seen, (lips, lower_halves(target)))
                terms["features"] = feature_l1(expert.face_encoder, *seen)
        for name, loss in self._pixel_losses.items():
            terms[name] = loss(generated, target)
        return terms

    @staticmethod
    @torch.no_grad()
    def _embed_audio(expert: SyncNet, batch: LipBatch) -> tuple[Tensor, Tensor]:
        """Return the expert's vectors of each window's audio (B, D) and of its negatives (B, K, D)."""
        mels = torch.cat([batch["mel"][:, None], batch["negatives"]], dim=1)
        vectors = expert.embed_audio(mels.flatten(0, 1)).view(*mels.shape[:2], -1)
        return vectors[:, 0], vectors[:, 1:]

    def total(self, terms: dict[str, Tensor]) -> Tensor:
        """Return the weighted sum of the terms."""
        return torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()

    def training_step(self, batch: LipBatch, _: int) -> Tensor:
        batch = self.neutralize(batch)
        terms = self.losses(self.generate(batch), batch)
        loss = self.total(terms)
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return loss

    def validation_step(self, batch: LipBatch, _: int) -> Tensor:
        """Log the terms and the scores; return the generated faces for callbacks."""
        generated = self.generate(batch)
        target = to_float(batch["target"])
        lower = slice(target.shape[-2] // 2, None)
        terms = self.losses(generated, batch)
        values: dict[str, Any] = {f"val/{name}": value for name, value in terms.items()}
        values["val/loss"] = self.total(terms)
        if len(target) > 1:  # a batch of one has no other clip's audio
            # Near 0 if the generator ignores the audio and copies the reference's mouth.
            other = self.generate(batch, batch["mels"].roll(1, dims=0))
            values["val/response"] = (generated - other)[..., lower, :].abs().mean()
        values["val/lower_l1"] = (generated - target)[..., lower, :].abs().mean()
        reference = to_float(batch["reference"])
        values["val/reference_l1"] = (reference - target)[..., lower, :].abs().mean()
        # Their difference is the gain over copying the mouth of another frame of the clip.
        values["val/mouth_psnr"] = mouth_psnr(generated, target)
        values["val/reference_psnr"] = mouth_psnr(reference, target)
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
        return generated
