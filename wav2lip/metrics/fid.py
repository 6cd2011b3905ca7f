"""FID of whole face crops by torchmetrics: all generated pictures against all real ones.

Not exported by the package, so that the other metrics do without torchvision.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from wav2lip.metrics.inception import FIDInception

BATCH = 32  # crops


class FaceFID(FrechetInceptionDistance):
    """FID between all generated and all real face crops, whole crops, BGR uint8.

    `inception` is a weights file (see `FIDInception`) or a module (B,3,H,W) uint8 RGB -> (B,D).
    """

    def __init__(self, inception: Path | nn.Module) -> None:
        network = FIDInception(inception) if isinstance(inception, Path) else inception
        super().__init__(feature=network)

    def update(self, faces: NDArray[np.uint8], real: bool) -> None:  # type: ignore[override]
        """Add crops (T,H,W,3) of the real or the generated side."""
        for start in range(0, len(faces), BATCH):
            rgb = faces[start : start + BATCH, ..., ::-1].transpose(0, 3, 1, 2)
            super().update(torch.from_numpy(rgb.copy()).to(self.device), real)
