"""LPIPS: perceptual distance of face crops by AlexNet; see `wav2lip.utils.lpips`.

Not imported with the package: it needs torchvision.
"""

from pathlib import Path

import numpy as np
import torch

from wav2lip.types import Image
from wav2lip.utils.lpips import load_lpips

BATCH = 32  # pairs


class Lpips:
    """Perceptual distance of two clips.

    Args:
        alexnet: weights file of AlexNet, torchvision's `alexnet-owt-*.pth`.

    Raises:
        InputError: no such file, or one that does not hold these weights.
    """

    def __init__(self, alexnet: Path) -> None:
        self._network = load_lpips(alexnet, "alex")

    @torch.inference_mode()
    def __call__(self, generated: Image, target: Image) -> float:
        """Mean distance of face crops (T,H,W,3) uint8 BGR of the same frames.

        Returns:
            0 or more, lower is better; 0 for equal clips. NaN without a frame.

        Raises:
            ValueError: the two differ in shape.
        """
        if generated.shape != target.shape:
            raise ValueError(f"crops differ in shape: {generated.shape} and {target.shape}")
        total = 0.0
        for start in range(0, len(generated), BATCH):
            one, other = (
                torch.from_numpy(
                    faces[start : start + BATCH, ..., ::-1].transpose(0, 3, 1, 2) / np.float32(255)
                )
                for faces in (generated, target)
            )
            total += float(self._network(one, other, normalize=True).sum())
        return total / len(generated) if len(generated) else float("nan")
