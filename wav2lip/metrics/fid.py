"""FID of whole face crops by torchmetrics: all generated crops against all real ones.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017).
Not imported with the package: it needs torch-fidelity and torchvision.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from wav2lip.errors import InputError
from wav2lip.types import Image
from wav2lip.utils.torch_files import DAMAGED, load_state

BATCH = 32  # crops
FEATURES = 2048  # of the last average pool, as in all published numbers
WEIGHTS = "pt_inception-2015-12-05-6726825d.pth"


class FaceFID(FrechetInceptionDistance):
    """FID between all generated and all real face crops.

    Args:
        inception: weights file of the Inception network (`pt_inception-2015-12-05-6726825d.pth` of
            mseitzer/pytorch-fid, or torch-fidelity's file of the same date; nothing is downloaded), or a
            module (B,3,H,W) uint8 RGB -> (B,D).

    Raises:
        InputError: no such file, or one that does not hold these weights.
    """

    def __init__(self, inception: Path | nn.Module) -> None:
        if isinstance(inception, nn.Module):
            super().__init__(feature=inception)
            return
        if not inception.is_file():
            raise InputError(f"{inception}: no such file; give the Inception weights {WEIGHTS}")
        # torch-fidelity unpickles any object. So it gets a copy of the tensors alone.
        data: Any = BytesIO()
        try:
            torch.save(load_state(inception), data)
            data.seek(0)
            super().__init__(feature=FEATURES, feature_extractor_weights_path=data)
        except (InputError, *DAMAGED) as error:
            raise InputError(
                f"{inception}: not the Inception weights of FID; give {WEIGHTS}"
            ) from error

    def update(self, faces: Image, real: bool) -> None:  # type: ignore[override]
        """Add face crops (T,H,W,3) uint8 BGR of the real or the generated side."""
        for start in range(0, len(faces), BATCH):
            rgb = faces[start : start + BATCH, ..., ::-1].transpose(0, 3, 1, 2)
            super().update(torch.from_numpy(np.ascontiguousarray(rgb)).to(self.device), real)
