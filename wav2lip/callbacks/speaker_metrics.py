"""Validation metrics for speaker fine-tuning: mouth L1 and sync confidence on held-out clips."""

from typing import Any, cast

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor

from wav2lip.checkpoints import expert_ids, load_network
from wav2lip.errors import InputError
from wav2lip.losses.reconstruction import mouth_l1
from wav2lip.models import SyncNet
from wav2lip.types import LipBatch


def zero_shift_confidence(own: Tensor, negatives: Tensor, face: Tensor) -> Tensor:
    """Compute how much closer a face is to its own audio than to the audio of other moments.

    LSE-C (Chung & Zisserman 2016, section 4) is the median distance over 31 shifts minus the smallest one, at
    whatever shift. This is the mean distance over the given moments minus the distance to the audio that the face
    was rendered for, so that only sync at zero shift counts.

    Args:
        own: Unit vectors of the matching audio, (B, D).
        negatives: Unit vectors of the audio of other moments of the same clips, (B, K, D).
        face: Unit vectors of the faces, (B, D).

    Returns:
        Scalar mean over the batch; 0 for faces that do not follow the audio, at most 2.
    """
    apart = (negatives - face[:, None]).norm(dim=-1).mean(-1)
    confidence: Tensor = (apart - (own - face).norm(dim=-1)).mean()
    return confidence


class SpeakerMetrics(pl.Callback):
    """Log `val/mouth_l1`, `val/judge_c` of the generated faces and `val/judge_real` of the real ones.

    The judge must not be the expert that the generator was trained against: its scores would then be meaningless.
    `data.val_dataset.negatives` sets the number of negatives.

    Args:
        judge: Checkpoint of a sync expert, or `bundled:judge`.

    Raises:
        InputError: When fitting starts, if the judge is the expert that trained the generator.
    """

    def __init__(self, judge: str = "bundled:judge") -> None:
        loaded = load_network(judge, "syncnet")
        self._path = loaded.path
        self._ids = {loaded.identity, loaded.sha256}
        self._judge = cast("SyncNet", loaded.network.requires_grad_(False))

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._ids.intersection(expert_ids(pl_module.provenance())):
            raise InputError(
                f"{self._path}: trained this generator, so its scores would be meaningless; "
                "set callbacks.scores.judge to another expert"
            )
        self._judge.to(pl_module.device)

    def _lower_halves(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, T, S, S) in [0, 1] -> (B, 3*T, s/2, s) at the judge's image size s, frame-major."""
        size = self._judge.image_size
        frames = faces.transpose(1, 2).flatten(0, 1)
        if frames.shape[-1] != size:
            frames = F.interpolate(frames, (size, size), mode="area")
        return frames[..., size // 2 :, :].reshape(len(faces), -1, size - size // 2, size)

    @torch.no_grad()
    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: LipBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        target = batch["target"].float() / 255
        values = {"val/mouth_l1": mouth_l1(outputs, target)}
        if batch["negatives"].shape[1]:
            mels = torch.cat([batch["mel"][:, None], batch["negatives"]], dim=1)
            audio = self._judge.embed_audio(mels.flatten(0, 1)).view(*mels.shape[:2], -1)
            for name, faces in (("judge_c", outputs), ("judge_real", target)):
                face = self._judge.embed_face(self._lower_halves(faces))
                values[f"val/{name}"] = zero_shift_confidence(audio[:, 0], audio[:, 1:], face)
        pl_module.log_dict(values, batch_size=len(target), sync_dist=True)
