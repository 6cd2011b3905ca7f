"""Run a generator with PyTorch: prepared once, then called with images and mel windows."""

import numpy as np
import torch
from torch import Tensor

from wav2lip.engines.engine import resize_crop, with_lower_half
from wav2lip.models import Generator
from wav2lip.models.fuse_bn import fuse_batch_norms
from wav2lip.types import Image, Mel

CPU_BATCH = 8  # faces; the activations of more do not fit a core's cache
GPU_BATCH = 64  # faces


def describe(device: torch.device, dtype: torch.dtype) -> str:
    """Return library, version, processor and precision."""
    return f"torch {torch.__version__}, {device}, {'fp16' if dtype == torch.float16 else 'fp32'}"


class TorchEngine:
    """A copy of a generator prepared for inference; the network that it is given stays as it is.

    The copy is in eval mode, its batch norms are fused into the convolutions, its memory layout is channels-last,
    and it runs in float16 on a GPU and in float32 on a CPU.

    Args:
        network: the generator; any device, any mode.
        device: where to run.

    The attributes are those of `Engine`.

    Examples:
        >>> import numpy as np
        >>> engine = TorchEngine(Generator(width=0.25))
        >>> crops = [np.zeros((96, 96, 3), np.uint8)] * 2
        >>> faces = engine.render(crops, np.zeros((2, 80, 16), np.float32))
        >>> len(faces), faces[0].shape
        (2, (96, 96, 3))
    """

    def __init__(self, network: Generator, device: str | torch.device = "cpu") -> None:
        self.device = torch.device(device)
        self.on_cpu = self.device.type == "cpu"
        self.dtype = torch.float32 if self.on_cpu else torch.float16
        self.max_batch = CPU_BATCH if self.on_cpu else GPU_BATCH
        fused = fuse_batch_norms(network).to(self.device, self.dtype)
        self.network = fused.to(memory_format=torch.channels_last)
        self.image_size = self.network.image_size
        self.warps = self.network.warp_blend is not None
        self.description = describe(self.device, self.dtype)

    @torch.inference_mode()
    def render(
        self, crops: list[Image], mels: Mel, *, neutral_reference: bool = True
    ) -> list[Image]:
        """Render each crop with the mouth of its mel window; see `Engine.render`, `Generator.render`."""
        references = np.stack([resize_crop(crop, self.image_size) for crop in crops])
        repeated = bool((references == references[:1]).all())  # on a GPU this would wait for it
        reference = self._tensor(references)
        mel = torch.from_numpy(mels)[:, None].to(self.device, self.dtype)
        tensors = [self._tensor(crop[None])[0] for crop in crops] if self.warps else []
        faces = self.network.render(
            mel, tensors, reference, neutral_reference=neutral_reference, repeated=repeated
        )
        if not self.warps:
            return self._images(faces)
        # The upper half is the crop's own, so only the lower half is converted back.
        lower = self._images([face[:, face.shape[-2] // 2 :] for face in faces])
        pairs = zip(crops, lower, strict=True)
        return [with_lower_half(crop, half) for crop, half in pairs]

    def _tensor(self, images: Image) -> Tensor:
        """Convert (B, R, R, 3) uint8 to (B, 3, R, R) in [0, 1], channels-last in memory."""
        pixels = torch.from_numpy(images).to(self.device).permute(0, 3, 1, 2)
        return pixels.to(self.dtype) / 255

    def _images(self, faces: list[Tensor]) -> list[Image]:
        """Convert (3, H, W) in [0, 1] to (H, W, 3) uint8 each."""
        if self.on_cpu:
            return [_to_bytes(face[None])[0] for face in faces]
        images: dict[int, Image] = {}
        for shape in {face.shape for face in faces}:  # one transfer from a GPU for each size
            at = [k for k, face in enumerate(faces) if face.shape == shape]
            found = _to_bytes(torch.stack([faces[k] for k in at]))
            images |= dict(zip(at, found, strict=True))
        return [images[k] for k in range(len(faces))]


def _to_bytes(faces: Tensor) -> Image:
    """Convert (B, 3, H, W) in [0, 1] to (B, H, W, 3) uint8."""
    pixels = (faces.float() * 255).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
