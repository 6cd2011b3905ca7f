"""Write images of a few validation samples during training: reference | masked | generated | target."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.loggers import TensorBoardLogger, WandbLogger
from torch import Tensor

from wav2lip.types import Image, LipBatch
from wav2lip.utils.files import write_atomically

COLUMNS = ("reference", "masked", "generated", "target")
MARGIN = 14  # pixels at the top, for the names of the columns
FONT = cv2.FONT_HERSHEY_SIMPLEX


def _to_image(face: Tensor) -> Image:
    """Convert (3, S, S) in 0-255 to (S, S, 3) uint8."""
    return face.permute(1, 2, 0).round().byte().cpu().numpy()


def make_strip(batch: LipBatch, generated: Tensor, samples: int) -> Image:
    """Arrange the middle frames of the first samples, one row per sample, below the names of the columns.

    Args:
        batch: faces (B, 3, T, S, S) uint8.
        generated: (B, 3, T, S, S) in [0, 1].
        samples: rows, at most B.

    Returns:
        (MARGIN + samples * S, 4 * S, 3) uint8, BGR.
    """
    middle = generated.shape[2] // 2
    rows = []
    for i in range(min(samples, len(generated))):
        target = _to_image(batch["target"][i, :, middle])
        masked = target.copy()
        masked[len(masked) // 2 :] = 0
        output = _to_image(generated[i, :, middle].float() * 255)
        reference = _to_image(batch["reference"][i, :, middle])
        rows.append(np.hstack([reference, masked, output, target]))
    side = generated.shape[-1]
    head = np.full((MARGIN, 4 * side, 3), 255, np.uint8)
    for column, name in enumerate(COLUMNS):
        origin = (column * side + 2, MARGIN - 4)
        cv2.putText(head, name, origin, FONT, min(0.4, side / 240), (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([head, *rows])


class SampleStrips(pl.Callback):
    """Write `step-000150.png` into a folder at every validation, and log it to TensorBoard and W&B if they are used.

    Args:
        folder: created if missing.
        samples: rows of the image.
    """

    def __init__(self, folder: str, samples: int = 6) -> None:
        self.folder = Path(folder)
        self.samples = samples

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if batch_idx or not trainer.is_global_zero or trainer.sanity_checking:
            return
        image = make_strip(batch, pl_module.generate(batch), self.samples)
        data = cv2.imencode(".png", image)[1].tobytes()
        write_atomically(self.folder / f"step-{trainer.global_step:06}.png", data)
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image("samples", [image[..., ::-1]], caption=[" | ".join(COLUMNS)])
            elif isinstance(logger, TensorBoardLogger):
                rgb = np.ascontiguousarray(image[..., ::-1])
                logger.experiment.add_image("samples", rgb, trainer.global_step, dataformats="HWC")
