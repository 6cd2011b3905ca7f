"""Fill the inside of a mouth that was moved: choose between moved pictures of the same person, and draw the rest."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CANDIDATES = 7  # the moved frame, the frame itself twice, and two exemplars twice
FIRST_EXEMPLAR = 3  # of the candidates
EXTRA = 2  # channels: the opening and the region that may change
CHANNELS = (32, 48, 64, 96)  # at half the patch's size, then halved again
LEVELS = 3  # of them, if the network is not deep
# Logits before training. In the opening a candidate counts where it shows the inside of a mouth, and the drawn colour
# fills what no candidate shows; the moved frame has only stretched lips there. At the lips it stays.
SHOWN, DRAWN = 6.0, 4.0
# Of a photo the deep network prefers drawn teeth to those that the photo shows: its losses there ask for a real mouth,
# not for this person's. What the frame itself shows counts more by that logit, in training and, by eye, at inference.
# The power leaves the edges of the opening to the network: otherwise nearly closed lips show crumbs of teeth.
OWN, OWN_AFTER, POWER_AFTER = 4.0, 25.0, 3
MOVED = (8.0, -4.0)  # outside and inside the opening; at its edge as likely as the drawn colour


def _block(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, 1),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions beside the identity (He et al. 2016, *Deep residual learning*, section 3.2)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_block(channels, channels),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body(x)
        return F.relu(x + y)


class MouthInpainter(nn.Module):
    """Weigh the candidates of every pixel and draw a colour: a small U-Net on a patch around the mouth.

    The weights are smooth maps, so that candidates are blended at their own resolution. Exemplars of the same person as
    further sources: Zhang et al. 2023, *DINet*, section 3; softmax over moved sources and drawn colour: Wang et al.
    2021, *One-shot free-view neural talking-head synthesis*, section 3.2.

    Args:
        width: factor on every channel count.
        deep: with a fourth resolution and residual blocks, whose view is the whole mouth.

    Examples:
        >>> import torch
        >>> net = MouthInpainter().eval()
        >>> weights, colour = net(torch.zeros(1, 7, 3, 72, 96), torch.zeros(1, 6, 72, 96), torch.zeros(1, 2, 72, 96))
        >>> weights.shape, colour.shape
        (torch.Size([1, 8, 72, 96]), torch.Size([1, 3, 72, 96]))
    """

    def __init__(self, width: float = 1.0, deep: bool = False) -> None:
        super().__init__()
        self.deep = deep
        self.own, self.own_power = OWN, 1
        used = CHANNELS if deep else CHANNELS[:LEVELS]
        channels = [max(8, round(c * width / 8) * 8) for c in used]
        inputs = 3 * CANDIDATES + (CANDIDATES - 1) + EXTRA
        self.stem = nn.Sequential(
            nn.Conv2d(inputs, channels[0], 5, 2, 2, bias=False),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(inplace=True),
            _block(channels[0], channels[0]),
        )
        self.down = nn.ModuleList(
            nn.Sequential(_block(a, b, 2), *(self._deep(b, channels) if deep else [_block(b, b)]))
            for a, b in pairwise(channels)
        )
        joined = [(_block(a + b, b), b) for a, b in pairwise(reversed(channels))]
        self.up = nn.ModuleList(
            nn.Sequential(block, _block(b, b) if b == channels[0] else _Residual(b))
            if deep
            else block
            for block, b in joined
        )
        self.weights_and_colour = nn.Conv2d(channels[0], 4 * (CANDIDATES + 1 + 3), 3, 1, 1)
        nn.init.zeros_(self.weights_and_colour.weight)
        with torch.no_grad():
            assert self.weights_and_colour.bias is not None
            self.weights_and_colour.bias.zero_()

    @staticmethod
    def _deep(width: int, channels: list[int]) -> list[nn.Module]:
        """Return the residual blocks of one resolution: most at the lowest, where they cost least."""
        return [_Residual(width) for _ in range(3 if width == channels[-1] else 1)]

    def prefer_own(self) -> None:
        """Prepare for inference: what a photo shows of its mouth stays."""
        self.own, self.own_power = OWN_AFTER, POWER_AFTER

    def forward(self, candidates: Tensor, inside: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the weights of the candidates and the drawn colour.

        Args:
            candidates: (B, 7, 3, 72, 96) BGR in [0, 1]; an exemplar that is missing is zero.
            inside: (B, 6, 72, 96) in [0, 1], the inside of the mouth of all candidates but the first.
            shape: (B, 2, 72, 96) in [0, 1]: the wanted opening, and the region that may change.

        Returns:
            Weights (B, 8, 72, 96), which sum to 1: of the candidates and of the colour; and the colour (B, 3, 72, 96).
        """
        missing = candidates.amax((2, 3, 4)) == 0
        x = torch.cat([candidates.flatten(1, 2) - 0.5, inside, shape], 1)
        x = self.stem(x)
        levels = [x]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = levels.pop()
        for up in self.up:
            skip = levels.pop()
            x = up(torch.cat([F.interpolate(x, skip.shape[-2:], mode="nearest"), skip], 1))
        out = F.pixel_shuffle(self.weights_and_colour(x), 2)
        opening = shape[:, :1]
        shown = SHOWN * opening * inside
        if self.deep:
            photo = missing[:, FIRST_EXEMPLAR:].all(1).view(-1, 1, 1, 1)
            visible = opening * inside[:, :1]
            own = shown[:, :1] + self.own * visible**self.own_power * photo
            shown = torch.cat([own, shown[:, 1:]], 1)
        prior = [
            MOVED[0] + (MOVED[1] - MOVED[0]) * opening,
            shown,
            DRAWN * opening,
        ]
        logits = out[:, : CANDIDATES + 1].float() + torch.cat(prior, 1)
        hidden = F.pad(missing, (0, 1))[..., None, None]
        weights = logits.masked_fill(hidden, -1e4).softmax(1)
        return weights, torch.sigmoid(out[:, CANDIDATES + 1 :].float())


def compose(candidates: Tensor, weights: Tensor, colour: Tensor, region: Tensor) -> Tensor:
    """Blend candidates and colour inside the region; outside it the first candidate stays.

    Args:
        candidates: (B, 7, 3, H, W).
        weights: (B, 8, H, W), which sum to 1.
        colour: (B, 3, H, W).
        region: (B, H, W) in [0, 1].

    Returns:
        (B, 3, H, W).
    """
    blended = (weights[:, :-1, None] * candidates).sum(1) + weights[:, -1:] * colour
    return candidates[:, 0] + region[:, None] * (blended - candidates[:, 0])
