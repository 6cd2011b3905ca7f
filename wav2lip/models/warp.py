"""How a generator's last maps become a face: the person's own pixels, moved, and only where needed redrawn."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MAPS = 6  # flow right and down, blend, colour B G R
MAX_FLOW = 0.25  # of the face's side; a chin drops by less
QUIET_BLEND = -2.0  # logit: an untrained network shows the reference, an eighth of it redrawn
SKIN = (0.78, 0.90, 1.32)  # BGR over their mean, of the middle of 765 training faces
FACE_MIDDLE = (0.3, 0.7)  # rows and columns around the nose, as shares of the side: skin, mostly
MAX_TINT = 2.0  # times; black frames have no colour to go by


def _without_grid(maps: Tensor) -> Tensor:
    """Maps (B, C, H, W) averaged by 1 2 1 both ways: what changes from pixel to pixel is no detail
    but the grid of a folded network, and magnified it shows.
    """
    padded = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    return F.avg_pool2d(F.avg_pool2d(padded, 2, 1), 2, 1)


class WarpBlend(nn.Module):
    """blend * colour + (1 - blend) * reference moved by the flow, in the half that is to be drawn.

    forward: maps (B, 6, S, S) unbounded, face (B, 6, R, R) masked target over reference in [0, 1]
    -> (B, 3, R, R) in [0, 1]. The upper half, which is given, is passed on as it is. Texture comes
    from the reference at full sharpness; what it does not show (an open mouth's inside) is coloured
    in. The maps are smooth: a network that works at S can draw in the detail R of its source.
    Warping with occlusion-aware inpainting: Siarohin et al., NeurIPS 2019, section 3.2.

    The colours are drawn as under average light, then scaled channel by channel to the reference's
    (von Kries adaptation): else teeth and tongue tend to the training set's mean, which is blue in
    warm light.
    """

    def forward(self, maps: Tensor, face: Tensor) -> Tensor:
        """Maps (B, 6, S, S), face (B, 6, R, R) -> (B, 3, R, R)."""
        target, reference = face[:, :3], face[:, 3:]
        return torch.cat([target[..., : face.shape[-2] // 2, :], self.lower(maps, reference)], -2)

    def lower(self, maps: Tensor, reference: Tensor) -> Tensor:
        """The half that is drawn: maps (B, 6, S, S), reference (B, 3, R, R) -> (B, 3, R/2, R)."""
        return self.show(self.layers(maps, reference), reference)

    def layers(self, maps: Tensor, reference: Tensor) -> Tensor:
        """What the maps say: maps (B, 6, S, S), reference (B, 3, R, R) -> (B, 6, S/2, S), lower half.

        Flow right and down (a side is 2 long), blend (0-1), colour B G R in the reference's light; fp32.
        """
        maps = maps[..., maps.shape[-2] // 2 :, :].float()
        flow = MAX_FLOW * 2 * torch.tanh(maps[:, :2])
        colour = (torch.sigmoid(maps[:, 3:]) * self.tint(reference)).clamp(max=1.0)
        return torch.cat([flow, torch.sigmoid(maps[:, 2:3]), colour], dim=1)

    def show(self, layers: Tensor, reference: Tensor) -> Tensor:
        """Layers (B, 6, S/2, S) over the reference (B, 3, R, R) -> (B, 3, R/2, R)."""
        size = reference.shape[-1]
        if layers.shape[-1] != size:
            layers = F.interpolate(_without_grid(layers), (size - size // 2, size), mode="bilinear")
        blend, colour = layers[:, 2:3], layers[:, 3:]
        moved = self._moved(reference, layers[:, :2])
        return (moved + blend * (colour - moved)).to(reference.dtype)

    def after(self, first: Tensor, second: Tensor) -> Tensor:
        """Layers that show what `second` makes of the picture that `first` shows, in one go.

        Both (B, 6, S/2, S), and so is the result: its flow goes all the way to the reference, whose
        pixels are then sampled once, not twice.
        """
        # Colours go by their share, else those at the middle line are mixed with the upper half's black.
        drawn = torch.cat([first[:, :3], first[:, 2:3] * first[:, 3:]], dim=1)
        upper = torch.zeros_like(drawn)  # is shown as it is
        flow, over = second[:, :2], second[:, 2:3]
        moved = self._moved(torch.cat([upper, drawn], dim=-2), flow)
        under = 1 - over
        blend = over + under * moved[:, 2:3]
        colour = over * second[:, 3:] + under * moved[:, 3:]
        colour = colour / blend.clamp(min=torch.finfo(blend.dtype).eps)
        return torch.cat([flow + moved[:, :2], blend, colour], dim=1)

    def _moved(self, picture: Tensor, flow: Tensor) -> Tensor:
        """The lower half of a picture (B, C, R, R) moved by the flow (B, 2, R/2, R), in fp32 inside."""
        half = picture.shape[-1] // 2
        grid = self._grid(picture)[:, half:] + flow.float().permute(0, 2, 3, 1)
        moved = F.grid_sample(picture.float(), grid, padding_mode="border", align_corners=False)
        return moved.to(picture.dtype)

    @staticmethod
    def tint(reference: Tensor) -> Tensor:
        """The light on a face (B, 3, S, S): gains (B, 3, 1, 1) of its B, G, R over an average face's."""
        middle = slice(*(round(share * reference.shape[-1]) for share in FACE_MIDDLE))
        tone = reference[..., middle, middle].float().mean((2, 3), keepdim=True)
        ratio = tone / tone.mean(1, keepdim=True).clamp(min=1 / 255)
        gain = ratio / torch.tensor(SKIN, device=tone.device)[:, None, None]
        return gain.clamp(1 / MAX_TINT, MAX_TINT).to(reference.dtype)

    @staticmethod
    def _grid(face: Tensor) -> Tensor:
        """Where every pixel's centre lies: (1, R, R, 2) in [-1, 1], x before y."""
        size = face.shape[-1]
        line = (torch.arange(size, device=face.device) * 2 + 1) / size - 1
        return torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=-1)[None]

    @staticmethod
    def start_from_reference(last: nn.Conv2d) -> None:
        """Set the layer that makes the maps (channels map-major: `fold`² a map) to show the reference."""
        share = last.out_channels // MAPS
        assert last.bias is not None
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.zero_()
            last.bias[2 * share : 3 * share] = QUIET_BLEND
