"""Pixel losses that look at neighbourhoods: structural similarity, and learned perceptual similarity."""

import pickle
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import structural_similarity_index_measure

from wav2lip.errors import InputError

# What torch.load raises on a file that is none of its own, by what its bytes happen to say.
DAMAGED = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
Backbone = Literal["alex", "vgg"]
# The first weight's shape tells the two backbones of LPIPS apart.
FIRST: dict[Backbone, tuple[int, ...]] = {"alex": (64, 3, 11, 11), "vgg": (64, 3, 3, 3)}


def as_frames(faces: Tensor) -> Tensor:
    """Faces (B, 3, T, S, S) -> (B * T, 3, S, S), float32."""
    return faces.transpose(1, 2).flatten(0, 1).float()


class SSIMLoss(nn.Module):
    """1 - SSIM (Wang et al. 2004, eq. 13; Gaussian window of 11 pixels), the mean over all frames.

    forward: generated, target (B, 3, T, S, S) in [0, 1] -> scalar, 0 for the same pictures.
    """

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        with torch.autocast(generated.device.type, enabled=False):
            ssim = structural_similarity_index_measure(
                as_frames(generated), as_frames(target), data_range=1.0
            )
        assert isinstance(ssim, Tensor)
        return 1 - ssim


def _backbone_of(state: dict[str, Tensor], path: Path) -> Backbone:
    first = state.get("features.0.weight", torch.empty(0))
    for name, shape in FIRST.items():
        if tuple(first.shape) == shape:
            return name
    raise InputError(
        f"{path}: holds neither AlexNet nor VGG-16; give torchvision's alexnet-owt-*.pth or vgg16-*.pth"
    )


class LPIPSLoss(nn.Module):
    """Learned perceptual image patch similarity (Zhang et al. 2018, eq. 1), the mean over all frames.

    The weights on top of the features come with torchmetrics; those of the features, trained on
    ImageNet, are a download that only its user can decide on.

    Args:
        weights: torchvision's `alexnet-owt-*.pth` or `vgg16-*.pth`; InputError for another file.

    forward: generated, target (B, 3, T, S, S), BGR in [0, 1] -> scalar, 0 for the same pictures.
    """

    def __init__(self, weights: str) -> None:
        super().__init__()
        # Here, because it looks for torchvision, which nothing else in training needs.
        from torchmetrics.functional.image.lpips import _NoTrainLpips

        path = Path(weights)
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such file of LPIPS weights") from error
        except (*DAMAGED, OSError) as error:
            raise InputError(f"{path}: cannot be read as weights; download it again") from error
        name = _backbone_of(state if isinstance(state, dict) else {}, path)
        network = _NoTrainLpips(net=name, pnet_rand=True)
        # slice2.3.weight of the features is features.3.weight of torchvision.
        kept = {k: state.get("features." + k.partition(".")[2]) for k in network.net.state_dict()}
        missing = [k for k, value in kept.items() if value is None]
        if missing:
            raise InputError(f"{path}: features.{missing[0].partition('.')[2]} is missing")
        network.net.load_state_dict(kept)
        self.network = network.eval().requires_grad_(False)

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        with torch.autocast(generated.device.type, enabled=False):
            rgb = [as_frames(faces).flip(1) for faces in (generated, target)]
            distance: Tensor = self.network(*rgb, normalize=True)
        return distance.mean()
