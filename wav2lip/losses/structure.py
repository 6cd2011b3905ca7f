"""Pixel losses over neighbourhoods: structural similarity and learned perceptual similarity."""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure

from wav2lip.errors import InputError
from wav2lip.utils.torch_files import load_state

Backbone = Literal["alex", "vgg"]
# The shape of the first weight identifies the backbone.
FIRST_WEIGHT: dict[Backbone, tuple[int, ...]] = {"alex": (64, 3, 11, 11), "vgg": (64, 3, 3, 3)}


def as_frames(faces: Tensor) -> Tensor:
    """Flatten faces (B, 3, T, S, S) to frames (B * T, 3, S, S), float32."""
    return faces.transpose(1, 2).flatten(0, 1).float()


class SSIMLoss(nn.Module):
    """Compute 1 - SSIM (Wang et al. 2004, eq. 13; Gaussian window of 11 pixels), the mean over all frames."""

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        """Return the loss (scalar) of two (B, 3, T, S, S) in [0, 1]; 0 for equal images."""
        with torch.autocast(generated.device.type, enabled=False):
            ssim = structural_similarity_index_measure(
                as_frames(generated), as_frames(target), data_range=1.0
            )
        assert isinstance(ssim, Tensor)
        return 1 - ssim


def _find_backbone(state: dict[str, Tensor], path: Path) -> Backbone:
    first = state.get("features.0.weight", torch.empty(0))
    for name, shape in FIRST_WEIGHT.items():
        if tuple(first.shape) == shape:
            return name
    raise InputError(
        f"{path}: is neither AlexNet nor VGG-16; use torchvision's alexnet-owt-*.pth or vgg16-*.pth"
    )


class LPIPSLoss(nn.Module):
    """Compute the learned perceptual image patch similarity (Zhang et al. 2018, eq. 1), the mean over all frames.

    torchmetrics ships the weights on top of the features. Those of the features were trained on ImageNet and have
    to be downloaded by the user.

    Args:
        weights: torchvision's `alexnet-owt-*.pth` or `vgg16-*.pth`.

    Raises:
        InputError: the file is missing, damaged, or another network.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
        # Imported here because it needs torchvision, which nothing else in training does. The public class of
        # torchmetrics cannot take the weights of its backbone from a file.
        from torchmetrics.functional.image.lpips import _NoTrainLpips

        path = Path(weights)
        try:
            state = load_state(path)
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such file; give the path of LPIPS weights") from error
        except InputError as error:
            raise InputError(f"{path}: cannot be read as weights; download it again") from error
        name = _find_backbone(state, path)
        network = _NoTrainLpips(net=name, pnet_rand=True)
        # slice2.3.weight here is features.3.weight in torchvision.
        own = {k: state.get("features." + k.partition(".")[2]) for k in network.net.state_dict()}
        missing = [k for k, value in own.items() if value is None]
        if missing:
            key = missing[0].partition(".")[2]
            raise InputError(f"{path}: features.{key} is missing; download it again")
        network.net.load_state_dict(own)
        self.network = network.eval().requires_grad_(False)

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        """Return the loss (scalar) of two (B, 3, T, S, S), BGR in [0, 1]; 0 for equal images."""
        with torch.autocast(generated.device.type, enabled=False):
            rgb = [as_frames(faces).flip(1) for faces in (generated, target)]
            distance: Tensor = self.network(*rgb, normalize=True)
        return distance.mean()
