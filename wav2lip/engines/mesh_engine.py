"""Run the two networks of a `MeshGenerator` with PyTorch; see `MeshEngine`."""

import numpy as np
import torch
from numpy.typing import NDArray

from wav2lip.engines.torch_engine import describe
from wav2lip.models import MeshGenerator
from wav2lip.models.fuse_bn import fuse_batch_norms
from wav2lip.types import Image, Mel

CPU_BATCH = 4  # patches; the activations of more do not fit a core's cache
GPU_BATCH = 64  # patches


class TorchMeshEngine:
    """A copy of a generator prepared for inference; the network that it is given stays as it is.

    Args:
        network: the generator; any device, any mode.
        device: where to run.

    The attributes are those of `MeshEngine`.
    """

    def __init__(self, network: MeshGenerator, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.on_cpu = self.device.type == "cpu"
        self.max_batch = CPU_BATCH if self.on_cpu else GPU_BATCH
        self.vertices = network.motion.vertices.cpu().numpy()
        self.basis = network.motion.basis.float().cpu().numpy()
        self.channels = network.motion.channels
        self.reach = (network.motion.behind, network.motion.ahead)
        self.description = describe(self.device, torch.float32)
        fused = fuse_batch_norms(network).to(self.device)
        self._motion = fused.motion
        fused.inpainter.prefer_own()
        self._inpainter = fused.inpainter.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def motion(self, audio: Mel) -> NDArray[np.float32]:
        """Predict motion (K, ceil(M / 2)) from sound (C, M); see `LipMotion`."""
        predicted = self._motion(
            torch.from_numpy(np.ascontiguousarray(audio))[None].to(self.device)
        )
        return np.asarray(predicted[0].float().cpu().numpy(), np.float32)

    @torch.inference_mode()
    def inpaint(
        self, colours: Image, inside: NDArray[np.float32], shape: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weigh the candidates of mouths and draw a colour; see `MeshEngine.inpaint`."""
        pixels = torch.from_numpy(colours).to(self.device).permute(0, 1, 4, 2, 3) / 255
        masks = [torch.from_numpy(mask).to(self.device) for mask in (inside, shape)]
        weights, drawn = self._inpainter(pixels, *masks)
        return weights.cpu().numpy(), drawn.cpu().numpy()
