"""The networks of the judges with torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from wav2lip.metrics.judges import Embeddings, SyncEncoder
from wav2lip.types import Image

MIN_NORM = 1e-12  # norm below which an embedding counts as zero


@contextmanager
def judging(network: nn.Module) -> Iterator[torch.device]:
    """Put a network in eval mode without gradients, and restore the mode of every module afterwards.

    Yields:
        The device of the network.
    """
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    first = next(network.parameters(), None)
    try:
        with torch.no_grad():
            yield first.device if first is not None else torch.device("cpu")
    finally:
        for module, training in modes:
            module.training = training


def _array(embeddings: Tensor) -> Embeddings:
    return np.asarray(embeddings.float().cpu().numpy(), np.float32)


class TorchSyncNetV2(SyncEncoder):
    """SyncNet v2.

    Args:
        network: has forward_audio (B,1,13,20) and forward_lip (B,3,5,224,224) BGR 0-255.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def __call__(self, sounds: Embeddings, frames: Image) -> tuple[Embeddings, Embeddings]:
        """See `SyncEncoder`."""
        with judging(self.network) as device:
            sound = torch.from_numpy(sounds).to(device)
            clip = torch.from_numpy(frames).to(device)
            audio = _array(self._side("forward_audio")(sound))
            return audio, _array(self._side("forward_lip")(clip.permute(0, 4, 1, 2, 3).float()))

    def _side(self, name: str) -> Callable[[Tensor], Tensor]:
        side: Callable[[Tensor], Tensor] = getattr(self.network, name)
        return side


class TorchExpert(SyncEncoder):
    """A sync expert; its embeddings are normalised.

    Args:
        network: takes mel (B,1,80,16) and lips (B,15,S/2,S).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network

    def __call__(self, sounds: Embeddings, frames: Image) -> tuple[Embeddings, Embeddings]:
        """See `SyncEncoder`."""
        with judging(self.network) as device:
            windows = torch.from_numpy(frames).to(device)
            # (B,T,H,W,3) -> (B,T,3,H,W) -> (B,3*T,H,W): frame-major, as the expert is trained
            faces = windows.permute(0, 1, 4, 2, 3).flatten(1, 2).float() / 255
            pair = self.network(torch.from_numpy(sounds)[:, None].to(device), faces)
            audio, lips = (nn.functional.normalize(x.float(), eps=MIN_NORM) for x in pair)
            return _array(audio), _array(lips)
