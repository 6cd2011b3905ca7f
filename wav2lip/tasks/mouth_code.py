"""Teach a generator to draw mouths from a code, and its ear to hear that code, before it has to do both at once.

From sound alone a generator learns late that sound matters: most of a face can be drawn without it.
Here a small encoder looks at the true mouth and gives a code of a few numbers; the generator draws from
it and at once depends on it, because nothing else tells how the mouth stands. Meanwhile its audio
encoder learns to predict the same code from sound, which needs no pictures to be drawn and is cheap.
At the end the sound takes the code's place.
"""

from typing import Any, Self

import torch
from torch import Tensor

from wav2lip.checkpoints import load_network
from wav2lip.losses.reconstruction import edge_l1, masked_l1
from wav2lip.models.generator import mask_lower_half
from wav2lip.tasks.base import Config, Task, build, start_from, to_float
from wav2lip.tasks.wav2lip import copy_audio_encoder
from wav2lip.types import FrameSetBatch


class MouthCodeTask(Task):
    """L1 of faces drawn from the oracle's code, and squared error of the code heard in the sound.

    Args:
        generator: config of `wav2lip.models.Generator`; its `embedding` is the length of the code.
        mouth_encoder: config of `wav2lip.models.MouthEncoder` with the same `code`.
        weights: of the terms `l1`, `edge` and `code`. With `l1` at 0 nothing is drawn and the oracle
            stands still: only the ear learns, several times as fast.
        mouth_weight: weight of the mouth region within L1.
        code_noise: standard deviation of what is added to the code (whose own is 1), so that no number
            can carry much, and drawing forgives what hearing gets wrong.
        mel_offset_frames: frames from a frame to the start of its mel window (25 fps).
        init_from: checkpoint of this task to start from.
        audio_from: checkpoint of a sync expert; the audio encoder starts from its, as far as shapes agree.
        optimizer, warmup: see `Task`.
    """

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
            self.generator = start_from(init_from, "generator", self.generator)
            self.mouth_encoder = start_from(init_from, "mouth_encoder", self.mouth_encoder)
        if audio_from:
            expert = load_network(audio_from, "syncnet").network
            copy_audio_encoder(self.generator.audio_encoder, expert.get_submodule("audio_encoder"))
        self.draws = self.weights["l1"] > 0
        if not self.draws:
            self.requires_grad_(False)
            self.generator.audio_encoder.requires_grad_(True)
            self.mouth_encoder.eval()

    def train(self, mode: bool = True) -> Self:
        """As ever, but an oracle that stands still keeps the statistics that define its code."""
        super().train(mode)
        if not self.draws:
            self.mouth_encoder.eval()
        return self

    def codes(self, faces: Tensor) -> Tensor:
        """Faces (B, N, 3, S, S) in [0, 1] -> the oracle's codes (B, N, K)."""
        codes: Tensor = self.mouth_encoder(faces[..., faces.shape[-2] // 2 :, :])
        return codes

    def hear(self, mels: Tensor) -> Tensor:
        """Mels (B, N, 1, 80, 16) -> codes (B, N, K)."""
        codes: Tensor = self.generator.audio_encoder(mels.flatten(0, 1)).flatten(1)
        return codes.view(*mels.shape[:2], -1)

    def draw(self, codes: Tensor, faces: Tensor, turn: int) -> Tensor:
        """Every face (B, N, 3, S, S) drawn from its code, with the face `turn` places on as its reference."""
        masked = mask_lower_half(faces)
        inputs = torch.cat([masked, faces.roll(turn, dims=1)], dim=2).flatten(0, 1)
        drawn: Tensor = self.generator.decode(codes.flatten(0, 1)[..., None, None], inputs)
        return drawn.view_as(faces)

    def training_step(self, batch: FrameSetBatch, _: int) -> Tensor:
        faces = to_float(batch["faces"])
        codes = self.codes(faces)
        terms = {"code": (self.hear(batch["mels"]) - codes.detach()).square().mean()}
        if self.draws:
            turn = int(torch.randint(1, faces.shape[1], ()))
            drawn = self.draw(codes + self.code_noise * torch.randn_like(codes), faces, turn)
            terms["l1"] = masked_l1(drawn, faces, self.mouth_weight)
            terms["edge"] = edge_l1(drawn, faces, self.mouth_weight)
        loss = torch.stack([self.weights[name] * value for name, value in terms.items()]).sum()
        values = {f"train/{name}": value.detach() for name, value in terms.items()}
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]))
        return loss

    def validation_step(self, batch: FrameSetBatch, _: int) -> None:
        faces = to_float(batch["faces"])
        half = faces.shape[-2] // 2
        turn = faces.shape[1] // 2
        codes, heard = self.codes(faces), self.hear(batch["mels"])

        def lower_l1(pictures: Tensor, others: Tensor) -> Tensor:
            return (pictures - others)[..., half:, :].abs().mean()

        seen, said = self.draw(codes, faces, turn), self.draw(heard, faces, turn)
        other = self.draw(heard.roll(1, dims=1), faces, turn)
        error = (heard - codes).square().mean()
        values: dict[str, Any] = {
            "val/code": error / codes.square().mean(),  # 1: the ear hears nothing, 0: everything
            "val/code_l1": lower_l1(seen, faces),
            "val/audio_l1": lower_l1(said, faces),
            "val/swapped_l1": lower_l1(other, faces),
            "val/response": lower_l1(said, other),
            "val/reference_l1": lower_l1(faces.roll(turn, dims=1), faces),
        }
        values["val/loss"] = values["val/code_l1"] if self.draws else values["val/code"]
        self.log_dict(values, prog_bar=True, batch_size=len(batch["clip"]), sync_dist=True)
