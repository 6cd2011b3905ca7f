"""The networks as modules that export to ONNX: one module per part, pictures in and out as bytes.

A part repeats what the torch engines do around a network, so that an engine only passes arrays.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from wav2lip.models import Generator, MeshGenerator, SyncNet, SyncNetV2
from wav2lip.models.fuse_bn import fuse_batch_norms
from wav2lip.models.mouth_inpainter import CANDIDATES
from wav2lip.models.warp import MAPS, WarpBlend
from wav2lip.types import MEL_WINDOW, N_MELS, SILENCE, WINDOW_FRAMES, mel_window

BATCH = 2  # of the examples that are traced; any batch fits the exported graph
PATCH = (72, 96)  # pixels, of the mouth inpainter
JUDGE_SIZE = 224  # pixels, of SyncNet v2


@dataclass(frozen=True)
class Part:
    """A module and what it is traced with.

    Attributes:
        module: takes and returns tensors.
        examples: by the names of the inputs.
        free: axes of the inputs that may have any length, besides the batch: name -> axes.
    """

    module: nn.Module
    examples: tuple[Tensor, ...]
    free: dict[str, tuple[int, ...]]


def _from_bytes(images: Tensor) -> Tensor:
    """Convert (B, H, W, 3) uint8 to (B, 3, H, W) in [0, 1]."""
    return images.permute(0, 3, 1, 2).float() / 255


def _to_bytes(images: Tensor) -> Tensor:
    """Convert (B, 3, H, W) in [0, 1] to (B, H, W, 3) uint8."""
    return (images.permute(0, 2, 3, 1).float() * 255).round().clamp(0, 255).to(torch.uint8)


def _stacked(reference: Tensor) -> Tensor:
    """Return `face_inputs` of a picture that is its own reference, without writing in place."""
    upper = reference[:, :, : reference.shape[2] // 2]
    return torch.cat([torch.cat([upper, torch.zeros_like(upper)], 2), reference], 1)


class _Inpaint(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, colours: Tensor, inside: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
        pixels = colours.permute(0, 1, 4, 2, 3).float() / 255
        weights, colour = self.network(pixels, inside, shape)
        return weights, colour


class _Face(nn.Module):
    """Render a face of the network's own size."""

    def __init__(self, network: Generator) -> None:
        super().__init__()
        self.network = network

    def forward(self, mel: Tensor, reference: Tensor) -> Tensor:
        code = self.network.audio_encoder(mel[:, None])
        return _to_bytes(self.network.maps(code, _stacked(_from_bytes(reference))))


class _Neutralize(nn.Module):
    """Render silence, see `Generator.neutralize`; the code of silence is a constant."""

    def __init__(self, network: Generator, warp: WarpBlend) -> None:
        super().__init__()
        silence = torch.full((1, 1, N_MELS, MEL_WINDOW), SILENCE)
        self.code = nn.Parameter(network.audio_encoder(silence), requires_grad=False)
        self.network, self.warp = network, warp

    def forward(self, crop_reference: Tensor) -> tuple[Tensor, Tensor]:
        reference = _from_bytes(crop_reference)
        code = self.code.expand(reference.shape[0], -1, -1, -1)
        layers = self.warp.layers(self.network.maps(code, _stacked(reference)), reference)
        upper = reference[:, :, : reference.shape[2] // 2]
        return layers, torch.cat([upper, self.warp.render(layers, reference)], 2)


class _Speak(nn.Module):
    def __init__(self, network: Generator, warp: WarpBlend) -> None:
        super().__init__()
        self.network, self.warp = network, warp

    def forward(self, mel: Tensor, source: Tensor) -> Tensor:
        maps = self.network.maps(self.network.audio_encoder(mel[:, None]), _stacked(source))
        return self.warp.layers(maps, source)


class _Chain(nn.Module):
    def __init__(self, warp: WarpBlend) -> None:
        super().__init__()
        self.warp = warp

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.warp.chain(first, second)


class _Compose(nn.Module):
    """Render layers over crops: the lower half."""

    def __init__(self, warp: WarpBlend) -> None:
        super().__init__()
        self.warp = warp

    def forward(self, layers: Tensor, crop: Tensor) -> Tensor:
        return _to_bytes(self.warp.render(layers, _from_bytes(crop)))


class _Call(nn.Module):
    """Call one method of a network."""

    def __init__(self, network: nn.Module, method: str) -> None:
        super().__init__()
        self.network, self.method = network, method

    def forward(self, values: Tensor) -> Tensor:
        result: Tensor = getattr(self.network, self.method)(values)
        return result


class _Sound(_Call):
    """Embed mels (B, 80, M)."""

    def forward(self, mel: Tensor) -> Tensor:
        return super().forward(mel[:, None])


class _ExpertLips(_Call):
    """Embed lower halves (B, T, S/2, S, 3) uint8."""

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames.permute(0, 1, 4, 2, 3).flatten(1, 2).float() / 255)


class _PublishedLips(_Call):
    """Embed pictures (B, 5, 224, 224, 3) uint8."""

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames.permute(0, 4, 1, 2, 3).float())


def _bytes(*shape: int) -> Tensor:
    return torch.randint(0, 256, (BATCH, *shape), dtype=torch.uint8)


def _generator_parts(network: Generator) -> dict[str, Part]:
    size = network.image_size
    mel, picture = torch.randn(BATCH, N_MELS, MEL_WINDOW), _bytes(size, size, 3)
    warp = network.warp_blend
    if warp is None:
        return {"face": Part(_Face(network), (mel, picture), {})}
    layers = torch.rand(BATCH, MAPS, size // 2, size)
    large = _bytes(2 * size, 2 * size, 3)
    return {
        "neutralize": Part(_Neutralize(network, warp), (picture,), {}),
        "speak": Part(_Speak(network, warp), (mel, _from_bytes(picture)), {}),
        "chain": Part(_Chain(warp), (layers, layers), {}),
        "compose": Part(_Compose(warp), (layers, picture), {}),
        "enlarge": Part(_Compose(warp), (layers, large), {"large_crop": (1, 2)}),
    }


def _mesh_parts(network: MeshGenerator) -> dict[str, Part]:
    mel = torch.randn(BATCH, network.motion.channels, 64)
    masks = torch.rand(BATCH, CANDIDATES - 1, *PATCH), torch.rand(BATCH, 2, *PATCH)
    return {
        "motion": Part(network.motion, (mel,), {"mel": (2,)}),
        "inpaint": Part(_Inpaint(network.inpainter), (_bytes(CANDIDATES, *PATCH, 3), *masks), {}),
    }


def network_parts(network: nn.Module) -> dict[str, Part]:
    """Divide a network into parts; `wav2lip.checkpoints.exported.PARTS` has the names of their inputs and outputs.

    Args:
        network: in eval mode on the CPU; it stays as it is.

    Raises:
        TypeError: networks of this class are not exported.
    """
    fused = fuse_batch_norms(network)
    if isinstance(fused, MeshGenerator):
        fused.inpainter.prefer_own()
        return _mesh_parts(fused)
    if isinstance(fused, Generator):
        return _generator_parts(fused)
    if isinstance(fused, SyncNet):
        size, window = fused.image_size, fused.window
        mel = torch.randn(BATCH, N_MELS, mel_window(window))
        lips = _bytes(window, size // 2, size, 3)
        return {
            "audio": Part(_Sound(fused, "embed_audio"), (mel,), {}),
            "lips": Part(_ExpertLips(fused, "embed_face"), (lips,), {}),
        }
    if isinstance(fused, SyncNetV2):
        pictures = _bytes(WINDOW_FRAMES, JUDGE_SIZE, JUDGE_SIZE, 3)
        return {
            "audio": Part(_Call(fused, "forward_audio"), (torch.randn(BATCH, 1, 13, 20),), {}),
            "lips": Part(_PublishedLips(fused, "forward_lip"), (pictures,), {}),
        }
    raise TypeError(f"{type(network).__name__} is not exported to ONNX")
