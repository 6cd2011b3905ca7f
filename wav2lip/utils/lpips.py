"""The network of LPIPS, a learned perceptual distance: that of torchmetrics, its backbone's weights from a file.

Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric" (2018), eq. 1.
Training minimises it, and evaluation states it.
"""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from wav2lip.errors import InputError
from wav2lip.utils.torch_files import load_state

Backbone = Literal["alex", "vgg"]
# The shape of the first weight identifies the backbone.
FIRST_WEIGHT: dict[Backbone, tuple[int, ...]] = {"alex": (64, 3, 11, 11), "vgg": (64, 3, 3, 3)}
FILES: dict[Backbone, str] = {"alex": "alexnet-owt-*.pth", "vgg": "vgg16-*.pth"}  # of torchvision


def _backbone(state: dict[str, Tensor], path: Path, wanted: Backbone | None) -> Backbone:
    first = state.get("features.0.weight", torch.empty(0))
    known = [wanted] if wanted else list(FIRST_WEIGHT)
    for name in known:
        if tuple(first.shape) == FIRST_WEIGHT[name]:
            return name
    files = " or ".join(FILES[name] for name in known)
    raise InputError(f"{path}: is not the backbone of LPIPS; give torchvision's {files}")


def load_lpips(path: Path, backbone: Backbone | None = None) -> nn.Module:
    """Load the network of LPIPS.

    The weights of the layers in the distance come with torchmetrics. Those of the backbone were trained on ImageNet
    and have to be downloaded by the user.

    Args:
        path: torchvision's `alexnet-owt-*.pth` or `vgg16-*.pth`.
        backbone: that the file must hold; None: either.

    Returns:
        Frozen module of two (N, 3, H, W) RGB in [0, 1], with `normalize=True`, -> (N, 1, 1, 1).

    Raises:
        InputError: the file is missing, damaged, or another network.
    """
    # Imported here because it needs torchvision, which nothing else in training does. The public class of
    # torchmetrics cannot take the weights of its backbone from a file.
    from torchmetrics.functional.image.lpips import _NoTrainLpips

    try:
        state = load_state(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; give the path of LPIPS weights") from error
    except InputError as error:
        raise InputError(f"{path}: cannot be read as weights; download it again") from error
    network = _NoTrainLpips(net=_backbone(state, path, backbone), pnet_rand=True)
    # slice2.3.weight here is features.3.weight in torchvision.
    own = {k: state.get("features." + k.partition(".")[2]) for k in network.net.state_dict()}
    missing = [k for k, value in own.items() if value is None]
    if missing:
        key = missing[0].partition(".")[2]
        raise InputError(f"{path}: features.{key} is missing; download it again")
    network.net.load_state_dict(own)
    return network.eval().requires_grad_(False)
