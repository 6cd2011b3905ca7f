"""Features of FID; `wav2lip.metrics.frechet` has the distance.

Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017).
Not imported with the package: it needs torch-fidelity and torchvision.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance

from wav2lip.errors import InputError
from wav2lip.types import Image
from wav2lip.utils.torch_files import DAMAGED, load_state

BATCH = 32  # crops
FEATURES = 2048  # of the last average pool, as in all published numbers
WEIGHTS = "pt_inception-2015-12-05-6726825d.pth"


class InceptionFeatures:
    """Features of face crops by the Inception network of FID.

    Args:
        inception: weights file of the network (`pt_inception-2015-12-05-6726825d.pth` of mseitzer/pytorch-fid, or
            torch-fidelity's file of the same date; nothing is downloaded), or a module (B,3,H,W) uint8 RGB -> (B,D).

    Raises:
        InputError: no such file, or one that does not hold these weights.
    """

    def __init__(self, inception: Path | nn.Module) -> None:
        if isinstance(inception, nn.Module):
            self._network = inception
            return
        if not inception.is_file():
            raise InputError(f"{inception}: no such file; give the Inception weights {WEIGHTS}")
        # torch-fidelity unpickles any object. So it gets a copy of the tensors alone.
        data: Any = BytesIO()
        try:
            torch.save(load_state(inception), data)
            data.seek(0)
            metric = FrechetInceptionDistance(FEATURES, feature_extractor_weights_path=data)
        except (InputError, *DAMAGED) as error:
            raise InputError(
                f"{inception}: not the Inception weights of FID; give {WEIGHTS}"
            ) from error
        self._network = metric.inception

    @torch.inference_mode()
    def __call__(self, faces: Image) -> NDArray[np.float32]:
        """Features of face crops (T,H,W,3) uint8 BGR -> (T,D)."""
        found: list[NDArray[np.float32]] = []
        for start in range(0, len(faces), BATCH):
            rgb = faces[start : start + BATCH, ..., ::-1].transpose(0, 3, 1, 2)
            features = self._network(torch.from_numpy(np.ascontiguousarray(rgb)))
            found.append(features.reshape(len(rgb), -1).float().numpy())
        return np.concatenate(found) if found else np.zeros((0, FEATURES), np.float32)
