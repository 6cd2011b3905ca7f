"""What a person's fine-tuning is for, measured on what was held out: the mouth's picture, and its sync by a judge."""

from typing import Any, cast

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import Tensor

from wav2lip.checkpoints import load_network
from wav2lip.checkpoints.bundled import JUDGE
from wav2lip.errors import InputError
from wav2lip.losses.reconstruction import mouth_l1
from wav2lip.models import SyncNet
from wav2lip.types import LipBatch


def shift_margin(own: Tensor, negatives: Tensor, face: Tensor) -> Tensor:
    """By how much a face lies closer to its own sound than to other moments': C at no shift.

    LSE-C (Chung & Zisserman 2016, section 4) takes the median over 31 shifts less the least distance,
    wherever that is; this takes the mean over the moments given less the distance to the sound it
    was drawn for, so that nothing but zero shift counts.

    Args:
        own: (B, D) unit vectors.
        negatives: (B, K, D) sounds of other moments of the same clips.
        face: (B, D).

    Returns:
        Scalar mean; 0 for faces that do not follow the sound, 2 at most.
    """
    apart = (negatives - face[:, None]).norm(dim=-1).mean(-1)
    margin: Tensor = (apart - (own - face).norm(dim=-1)).mean()
    return margin


class SpeakerMetrics(pl.Callback):
    """Logs `val/mouth_l1`, and `val/judge_c` beside `val/judge_real`, that of the real picture.

    The judge trains nobody: an expert that trained the generator likes it better than strangers do.
    `data.val_dataset.negatives` gives the sounds to tell apart.

    Args:
        judge: a sync expert's checkpoint, or `default`, the bundled one.

    InputError where the judge is the expert that trained the generator.
    """

    def __init__(self, judge: str = "default") -> None:
        loaded = load_network(JUDGE if judge == "default" else judge, "syncnet")
        self._path = loaded.path
        self._ids = {str(loaded.metadata.get("training_id")), loaded.sha256}
        self._judge = cast("SyncNet", loaded.network.requires_grad_(False))

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if pl_module.provenance().get("expert_id") in self._ids:
            raise InputError(
                f"{self._path}: trained this generator, so it cannot judge it; "
                "give callbacks.scores.judge=... another expert"
            )
        self._judge.to(pl_module.device)

    def _lips(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, T, S, S) in [0, 1] -> lips (B, 3*T, s/2, s) at the judge's own size, frame-major."""
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
            sounds = torch.cat([batch["mel"][:, None], batch["negatives"]], dim=1)
            heard = self._judge.embed_audio(sounds.flatten(0, 1)).view(*sounds.shape[:2], -1)
            for name, faces in (("judge_c", outputs), ("judge_real", target)):
                face = self._judge.embed_face(self._lips(faces))
                values[f"val/{name}"] = shift_margin(heard[:, 0], heard[:, 1:], face)
        pl_module.log_dict(values, batch_size=len(target), sync_dist=True)
