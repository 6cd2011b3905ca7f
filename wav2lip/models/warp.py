"""Compose a face from a generator's maps: warp the reference and blend in synthesised colour.

*Maps* are the raw channels of the generator's last layer. *Layers* are the same channels with their meaning:
flow, blend and colour of the lower half.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MAPS = 6  # flow right and down, blend, colour B G R
MAX_FLOW = 0.25  # of the face's side; a chin drops by less
INITIAL_BLEND = -2.0  # logit: an untrained network shows 88 % reference and 12 % colour
SKIN = (0.78, 0.90, 1.32)  # BGR over their mean, of the middle of 765 training faces
FACE_MIDDLE = (0.3, 0.7)  # rows and columns around the nose as shares of the side: mostly skin
MAX_TINT = 2.0  # largest gain of a channel; black frames have no colour to estimate it from


def _smooth(layers: Tensor) -> Tensor:
    """Average (B, C, H, W) with a 1 2 1 kernel along both axes.

    Differences from pixel to pixel come from the pixel-shuffle grid of a folded network, not from the face.
    Upscaling would make them visible.
    """
    padded = F.pad(layers, (1, 1, 1, 1), mode="replicate")
    return F.avg_pool2d(F.avg_pool2d(padded, 2, 1), 2, 1)


class WarpBlend(nn.Module):
    """Compute blend * colour + (1 - blend) * warped reference in the lower half of a face.

    Texture comes from the reference at full sharpness. What the reference does not show, such as the inside of an
    opening mouth, is coloured in. The maps are smooth, so a network that works at S pixels can render a reference
    of R pixels. Warping with occlusion-aware inpainting: Siarohin et al., NeurIPS 2019, section 3.2.

    Colours are predicted for average light and then scaled per channel to the light of the reference (von Kries
    adaptation). Without this, teeth and tongue tend to the mean of the training set, which looks blue in warm light.
    """

    def forward(self, maps: Tensor, face: Tensor) -> Tensor:
        """Compose faces from maps; the given upper half passes unchanged.

        Args:
            maps: (B, 6, S, S), unbounded.
            face: (B, 6, R, R) in [0, 1], masked target over reference.

        Returns:
            (B, 3, R, R) in [0, 1].
        """
        target, reference = face[:, :3], face[:, 3:]
        lower = self.render(self.layers(maps, reference), reference)
        return torch.cat([target[..., : face.shape[-2] // 2, :], lower], -2)

    def layers(self, maps: Tensor, reference: Tensor) -> Tensor:
        """Convert maps to the layers of the lower half, in float32.

        Args:
            maps: (B, 6, S, S), unbounded.
            reference: (B, 3, R, R) in [0, 1]; its light tints the colours.

        Returns:
            (B, 6, S/2, S): flow right and down (the side is 2 long), blend in [0, 1], colour B G R in [0, 1].
        """
        maps = maps[..., maps.shape[-2] // 2 :, :].float()
        flow = MAX_FLOW * 2 * torch.tanh(maps[:, :2])
        colour = (torch.sigmoid(maps[:, 3:]) * self.tint(reference)).clamp(max=1.0)
        return torch.cat([flow, torch.sigmoid(maps[:, 2:3]), colour], dim=1)

    def render(self, layers: Tensor, reference: Tensor) -> Tensor:
        """Render layers (B, 6, S/2, S) over a reference (B, 3, R, R): its lower half (B, 3, R/2, R)."""
        size = reference.shape[-1]
        if layers.shape[-1] != size:
            layers = F.interpolate(_smooth(layers), (size - size // 2, size), mode="bilinear")
        blend, colour = layers[:, 2:3], layers[:, 3:]
        warped = self._warp(reference, layers[:, :2])
        return (warped + blend * (colour - warped)).to(reference.dtype)

    def chain(self, first: Tensor, second: Tensor) -> Tensor:
        """Merge two passes into one, so that the reference is sampled once and not twice.

        Args:
            first: (B, 6, S/2, S), layers of the first pass.
            second: (B, 6, S/2, S), layers of a pass over what `first` renders.

        Returns:
            (B, 6, S/2, S), layers over the reference itself; the flow adds up.
        """
        # Premultiplied by the blend: else colours at the middle line mix with the black of the upper half.
        colours = torch.cat([first[:, :3], first[:, 2:3] * first[:, 3:]], dim=1)
        upper = torch.zeros_like(colours)  # the upper half has neither flow nor colour
        flow, over = second[:, :2], second[:, 2:3]
        warped = self._warp(torch.cat([upper, colours], dim=-2), flow)
        under = 1 - over
        blend = over + under * warped[:, 2:3]
        colour = over * second[:, 3:] + under * warped[:, 3:]
        colour = colour / blend.clamp(min=torch.finfo(blend.dtype).eps)
        return torch.cat([flow + warped[:, :2], blend, colour], dim=1)

    def _warp(self, image: Tensor, flow: Tensor) -> Tensor:
        """Sample an image (B, C, R, R) at its lower half plus the flow (B, 2, R/2, R), in float32 inside."""
        half = image.shape[-1] // 2
        grid = self._grid(image)[:, half:] + flow.float().permute(0, 2, 3, 1)
        warped = F.grid_sample(image.float(), grid, padding_mode="border", align_corners=False)
        return warped.to(image.dtype)

    @staticmethod
    def tint(reference: Tensor) -> Tensor:
        """Estimate the light on faces (B, 3, S, S): gains (B, 3, 1, 1) of B, G, R over an average face."""
        size = int(reference.shape[-1])  # a tensor while the network is traced
        middle = slice(*(round(share * size) for share in FACE_MIDDLE))
        tone = reference[..., middle, middle].float().mean((2, 3), keepdim=True)
        ratio = tone / tone.mean(1, keepdim=True).clamp(min=1 / 255)
        gain = ratio / torch.tensor(SKIN, device=tone.device)[:, None, None]
        return gain.clamp(1 / MAX_TINT, MAX_TINT).to(reference.dtype)

    @staticmethod
    def _grid(face: Tensor) -> Tensor:
        """Pixel centres (1, R, R, 2) in [-1, 1], x before y."""
        size = face.shape[-1]
        line = (torch.arange(size, device=face.device) * 2 + 1) / size - 1
        return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)[None]

    @staticmethod
    def init_to_reference(last: nn.Conv2d) -> None:
        """Initialise the layer that produces the maps such that the output starts as the reference.

        Args:
            last: convolution to 6 * fold² channels, all channels of one map next to each other.
        """
        channels_per_map = last.out_channels // MAPS
        assert last.bias is not None
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.zero_()
            last.bias[2 * channels_per_map : 3 * channels_per_map] = INITIAL_BLEND
