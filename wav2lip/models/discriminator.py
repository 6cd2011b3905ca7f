"""The adversary of the GAN variant: is this lower face a photograph or a drawing."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from wav2lip.models.blocks import LEAK, PlainBlock, extend, scale_channels

CHANNELS = (32, 64, 128, 256, 512, 512)  # stem, widening stage, halving stages; last repeated
KERNELS = (7, 5, 5, 5, 3, 3)
INNER = 3  # pixels; the map is halved until it is no larger


class QualityDiscriminator(nn.Module):
    """The published Wav2Lip_disc_qual with default arguments: 14,113,793 parameters, same keys.

    forward: faces (B, 3, T, S, S), BGR [0, 1] -> (T * B, 1), the probability that a lower half is
    real; frame by frame, all clips of frame 0 first, as published.
    `logits` gives the same before the sigmoid, for a loss that is safe in half precision.
    Raises ValueError for a size below 32 or an odd one.
    """

    def __init__(self, width: float = 1.0, image_size: int = 96) -> None:
        super().__init__()
        if image_size % 2 or image_size < 32:
            raise ValueError(f"image_size must be even and at least 32, not {image_size}")
        inner = image_size // 2
        halvings = 0
        while inner > INNER:
            inner = (inner + 1) // 2
            halvings += 1
        channels = scale_channels(extend(CHANNELS, halvings + 2), width)
        kernels = extend(KERNELS, halvings + 2)
        blocks = [nn.Sequential(PlainBlock(3, channels[0], kernels[0], 1, kernels[0] // 2))]
        for stage, (before, after) in enumerate(pairwise(channels), start=1):
            kernel = kernels[stage]
            # A lower half is twice as wide as high: the first stage halves the width alone.
            down = PlainBlock(before, after, kernel, (1, 2) if stage == 1 else 2, kernel // 2)
            keep = PlainBlock(after, after, kernel, 1, kernel // 2)
            blocks.append(nn.Sequential(down, keep))
        last = channels[-1]
        collapse = PlainBlock(last, last, inner, 1, 0)
        blocks.append(nn.Sequential(collapse, PlainBlock(last, last, 1, 1, 0)))
        self.face_encoder_blocks = nn.ModuleList(blocks)
        self.binary_pred = nn.Sequential(nn.Conv2d(last, 1, 1), nn.Sigmoid())
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # Without norms torch's own start shrinks the signal layer by layer to nothing, and the
                # loss stays at ln 2 for long (He et al., ICCV 2015, section 2.2).
                nn.init.kaiming_normal_(layer.weight, a=LEAK)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def logits(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, T, S, S) -> (T * B, 1) before the sigmoid."""
        x = faces[..., faces.shape[-2] // 2 :, :].permute(2, 0, 1, 3, 4).flatten(0, 1)
        for block in self.face_encoder_blocks:
            x = block(x)
        return torch.flatten(self.binary_pred[0](x), 1)

    def forward(self, faces: Tensor) -> Tensor:
        """Faces (B, 3, T, S, S) -> (T * B, 1), the probability of being real."""
        return torch.sigmoid(self.logits(faces))
