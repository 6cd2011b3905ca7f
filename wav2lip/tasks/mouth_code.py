"""Pre-training of the generator on codes of the true mouth.

A generator that starts from audio alone learns late that audio matters, because it can render most of a face without
it. Here a small mouth encoder maps the true mouth to a code of a few numbers, and the decoder learns to render mouths
from that code. It has to use the code, since nothing else tells it the shape of the mouth. At the same time the audio
encoder learns to predict the code, which needs no rendering and is cheap. Afterwards the audio code replaces the
mouth code.
"""

from typing import Any, Self

import torch
from torch import Tensor

from wav2lip.losses.reconstruction import edge_l1, weighted_l1
from wav2lip.models.audio_encoder import copy_audio_encoder
from wav2lip.models.generator import face_inputs
from wav2lip.tasks.base import Config, Task, build, to_float
from wav2lip.types import FrameSetBatch


class MouthCodeTask(Task):
    """Train the decoder on mouth codes and the audio encoder to predict them.

    Args:
        generator: config of `wav2lip.models.Generator`; its `embedding` is the length of the code.
        mouth_encoder: config of `wav2lip.models.MouthEncoder` with the same `code`.
        optimizer: see `Task`.
        weights: of the terms `l1` and `edge` (faces rendered from mouth codes) and `code` (squared error of the
            audio code). With `l1` at 0 nothing is rendered and only the audio encoder trains, several times as fast.
        mouth_weight: weight of the lips within L1.
        code_noise: standard deviation of the noise added to the mouth code, whose own is 1. It keeps single numbers
            from carrying much detail, and makes the decoder robust to errors of the audio encoder.
        mel_offset_frames: frames from a frame to the start of its mel window (25 fps).
        init_from: checkpoint of this task to start from.
        audio_from: checkpoint of a sync expert; the audio encoder starts from its weights as far as shapes agree.
        warmup: see `Task`.
    """

    figures = ("train/code", "val/code", "val/audio_l1")

    def __init__(
        self,
        generator: Config,
        mouth_encoder: Config,
        optimizer: Config,
        weights: dict[str, float],
        mouth_weight: float = 1.0,
        code_noise: float = 0.2,
        mel_offset_frames: int = 0,
        init_from: str | None = None,
        audio_from: str | None = None,
        warmup: int | None = None,
    ) -> None:
        super().__init__(optimizer, warmup)
        self.save_hyperparameters()
        self.generator = build(generator)
        self.mouth_encoder = build(mouth_encoder)
        self.weights = dict(weights)
        self.mouth_weight = mouth_weight
        self.code_noise = code_noise
        if init_from:
            self.generator = self.load_weights(init_from, "generator", self.generator)
            self.mouth_encoder = self.load_weights(init_from, "mouth_encoder", self.mouth_encoder)
        if audio_from:
            expert = self.load(audio_from, "syncnet").network
            copy_audio_encoder(self.generator.audio_encoder, expert.get_submodule("audio_encoder"))
        self.trains_decoder = self.weights["l1"] > 0
        if not self.trains_decoder:
            self.requires_grad_(False)
            self.generator.audio_encoder.requires_grad_(True)
            self.mouth_encoder.eval()

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all networks; a frozen mouth encoder keeps the batch statistics that define its code."""
        super().train(mode)
        if not self.trains_decoder:
            self.mouth_encoder.eval()
        return self

    def encode_mouth(self, faces: Tensor) -> Tensor:
        """Encode the mouths of faces (B, N, 3, S, S) in [0, 1] as codes (B, N, K)."""
        codes: Tensor = self.mouth_encoder(faces[..., faces.shape[-2] // 2 :, :])
        return codes

    def encode_audio(self, mels: Tensor) -> Tensor:
        """Encode mels (B, N, 1, 80, 16) as codes (B, N, K)."""
        codes: Tensor = self.generator.audio_encoder(mels.flatten(0, 1)).flatten(1)
        return codes.view(*mels.shape[:2], -1)

    def render(self, codes: Tensor, faces: Tensor, shift: int) -> Tensor:
        """Render each face from its code, with another face of its clip as the reference.

        Args:
            codes: (B, N, K).
            faces: (B, N, 3, S, S) in [0, 1], the targets.
            shift: distance from a face to its reference within the N faces.

        Returns:
            (B, N, 3, S, S).
        """
        reference = faces.roll(shift, dims=1)
        inputs = face_inputs(faces.flatten(0, 1), reference.flatten(0, 1))
        rendered: Tensor = self.generator.decode(codes.flatten(0, 1)[..., None, None], inputs)
        return rendered.view_as(faces)

    def training_step(self, batch: FrameSetBatch, _: int) -> Tensor:
        faces = to_float(batch["faces"])
        codes = self.encode_mouth(faces)
        terms = {"code": (self.encode_audio(batch["mels"]) - codes.detach()).square().mean()}
        if self.trains_decoder:
            shift = int(torch.randint(1, faces.shape[1], ()))
            noisy = codes + self.code_noise * torch.randn_like(codes)
            rendered = self.render(noisy, faces, shift)
            terms["l1"] = weighted_l1(rendered, faces, self.mouth_weight)
            terms["edge"] = edge_l1(rendered, faces, self.mouth_weight)
        loss = torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]))
        return loss

    def validation_step(self, batch: FrameSetBatch, _: int) -> None:
        faces = to_float(batch["faces"])
        half = faces.shape[-2] // 2
        shift = faces.shape[1] // 2
        mouth_codes, audio_codes = self.encode_mouth(faces), self.encode_audio(batch["mels"])

        def lower_l1(a: Tensor, b: Tensor) -> Tensor:
            return (a - b)[..., half:, :].abs().mean()

        from_mouth = self.render(mouth_codes, faces, shift)
        from_audio = self.render(audio_codes, faces, shift)
        from_other_audio = self.render(audio_codes.roll(1, dims=1), faces, shift)
        error = (audio_codes - mouth_codes).square().mean()
        values: dict[str, Any] = {
            "val/code": error
            / mouth_codes.square().mean(),  # 0: audio predicts the code, 1: not at all
            "val/code_l1": lower_l1(from_mouth, faces),
            "val/audio_l1": lower_l1(from_audio, faces),
            "val/swapped_l1": lower_l1(from_other_audio, faces),
            "val/response": lower_l1(from_audio, from_other_audio),
            "val/reference_l1": lower_l1(faces.roll(shift, dims=1), faces),
        }
        values["val/loss"] = values["val/code_l1"] if self.trains_decoder else values["val/code"]
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
