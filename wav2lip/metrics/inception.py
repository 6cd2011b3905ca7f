"""The Inception network of FID, from a weights file that the user gives; nothing is downloaded.

Takes `pt_inception-2015-12-05-6726825d.pth` (mseitzer/pytorch-fid, Apache-2.0; torch-fidelity's
file of the same date holds the same state dict). It differs from torchvision's Inception in its
pooling, as the TensorFlow graph behind all published FID numbers does.
"""

import pickle
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models.inception import (  # type: ignore[import-untyped]
    BasicConv2d,
    Inception3,
    InceptionA,
    InceptionAux,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
)

from wav2lip.errors import InputError

INPUT_SIZE = 299  # pixels
CLASSES = 1008
FEATURES = 2048


def mean_pool(x: Tensor) -> Tensor:
    """3x3 mean that leaves the padding out of the count, as TensorFlow's does."""
    return nn.functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class MeanPoolA(InceptionA):  # type: ignore[misc]
    """InceptionA with TensorFlow's mean pool."""

    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean_pool(x))]


class MeanPoolC(InceptionC):  # type: ignore[misc]
    """InceptionC with TensorFlow's mean pool."""

    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean_pool(x))]


class MeanPoolE(InceptionE):  # type: ignore[misc]
    """InceptionE with TensorFlow's mean pool."""

    def _forward(self, x: Tensor) -> list[Tensor]:
        return [*super()._forward(x)[:-1], self.branch_pool(mean_pool(x))]


class MaxPoolE(InceptionE):  # type: ignore[misc]
    """The last block of the TensorFlow graph, which takes the maximum instead."""

    def _forward(self, x: Tensor) -> list[Tensor]:
        pooled = nn.functional.max_pool2d(x, 3, stride=1, padding=1)
        return [*super()._forward(x)[:-1], self.branch_pool(pooled)]


def tensorflow_inception() -> Inception3:
    """The empty network, whose keys are torchvision's."""
    blocks = [
        BasicConv2d,
        MeanPoolA,
        InceptionB,
        MeanPoolC,
        InceptionD,
        MeanPoolE,
        InceptionAux,
    ]
    network = Inception3(CLASSES, aux_logits=False, inception_blocks=blocks, init_weights=False)
    network.Mixed_7c = MaxPoolE(FEATURES)
    return network


class FIDInception(nn.Module):
    """Images (B,3,H,W) uint8 RGB -> (B,2048) float32 features of the last average pool.

    Raises InputError when the weights file is missing or holds anything else.
    """

    num_features = FEATURES

    def __init__(self, weights: Path) -> None:
        super().__init__()
        wrong = InputError(
            f"{weights}: not FID's Inception weights; give pt_inception-2015-12-05-6726825d.pth"
        )
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise InputError(f"{weights}: no such file; give FID's Inception weights") from error
        except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise wrong from error
        self.network = tensorflow_inception()
        try:
            self.network.load_state_dict(state)
        except (RuntimeError, TypeError) as error:
            raise wrong from error
        # the classifier is not part of FID; what is left ends at the average pool
        self.network.fc = nn.Identity()
        self.network.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> "FIDInception":
        """Stay in eval mode: the statistics of its norms are part of the metric."""
        super().train(False)
        return self

    def forward(self, images: Tensor) -> Tensor:
        """(B,3,H,W) uint8 -> (B,2048)."""
        scaled = nn.functional.interpolate(
            images.float() / 255, (INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False
        )
        features: Tensor = self.network(2 * scaled - 1)
        return features
