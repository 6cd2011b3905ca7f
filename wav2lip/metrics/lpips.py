"""LPIPS: perceptual distance of face crops, by torchmetrics with AlexNet's weights from a file.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018).
Not imported with the package: it needs torchvision.
"""

from pathlib import Path

import numpy as np
import torch
from torchmetrics.functional.image.lpips import _LPIPS

from wav2lip.errors import InputError
from wav2lip.types import Image
from wav2lip.utils.torch_files import DAMAGED, load_state

WEIGHTS = "alexnet-owt-7be5be79.pth"  # of torchvision
SLICES = (
    (0, 2),
    (2, 5),
    (5, 8),
    (8, 10),
    (10, 12),
)  # layers of AlexNet, as torchmetrics divides them
BATCH = 32  # pairs


class Lpips:
    """Perceptual distance of two clips.

    Args:
        alexnet: weights file of AlexNet (torchvision's `alexnet-owt-7be5be79.pth`); the weights of its layers in the
            distance come with torchmetrics.

    Raises:
        InputError: no such file, or one that does not hold these weights.
    """

    def __init__(self, alexnet: Path) -> None:
        if not alexnet.is_file():
            raise InputError(f"{alexnet}: no such file; give AlexNet's weights {WEIGHTS}")
        self._network = _LPIPS(net="alex", pnet_rand=True)  # else it would download them
        try:
            given = load_state(alexnet)
            state = {
                f"slice{number}.{layer}.{part}": given[f"features.{layer}.{part}"]
                for number, layers in enumerate(SLICES, start=1)
                for layer in range(*layers)
                for part in ("weight", "bias")
                if f"features.{layer}.{part}" in given
            }
            self._network.net.load_state_dict(state)
        except (InputError, *DAMAGED) as error:
            raise InputError(f"{alexnet}: not the weights of AlexNet; give {WEIGHTS}") from error

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
