"""The quality discriminator of the GAN variant: real or generated lower face."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from wav2lip.models.blocks import LEAK, PlainBlock, extend, scale_channels
from wav2lip.types import IMAGE_SIZE

CHANNELS = (32, 64, 128, 256, 512, 512)  # stem, widening stage, halving stages; last repeated
KERNELS = (7, 5, 5, 5, 3, 3)
INNER = 3  # pixels; the map is halved until it is at most this large


class QualityDiscriminator(nn.Module):
    """Estimate the probability that the lower half of a face is real.

    With default arguments this is the published Wav2Lip_disc_qual: 14,113,793 parameters and the same state-dict keys.

    Args:
        width: factor on every channel count (rounded to a multiple of 8, at least 8).
        image_size: S, side of a face in pixels.

    Raises:
        ValueError: `image_size` is odd or below 32.

    Examples:
        >>> import torch
        >>> QualityDiscriminator(width=0.25)(torch.zeros(2, 3, 5, 96, 96)).shape
        torch.Size([10, 1])
    """

    def __init__(self, width: float = 1.0, image_size: int = IMAGE_SIZE) -> None:
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
        for stage, (in_channels, out_channels) in enumerate(pairwise(channels), start=1):
            kernel = kernels[stage]
            # A lower half is twice as wide as high: the first stage halves only the width.
            stride = (1, 2) if stage == 1 else 2
            down = PlainBlock(in_channels, out_channels, kernel, stride, kernel // 2)
            keep = PlainBlock(out_channels, out_channels, kernel, 1, kernel // 2)
            blocks.append(nn.Sequential(down, keep))
        last = channels[-1]
        collapse = PlainBlock(last, last, inner, 1, 0)
        blocks.append(nn.Sequential(collapse, PlainBlock(last, last, 1, 1, 0)))
        self.face_encoder_blocks = nn.ModuleList(blocks)
        self.binary_pred = nn.Sequential(nn.Conv2d(last, 1, 1), nn.Sigmoid())
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # Without norms torch's default initialisation shrinks the signal layer by layer, and the
                # loss stays at ln 2 for a long time (He et al., ICCV 2015, section 2.2).
                nn.init.kaiming_normal_(layer.weight, a=LEAK)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def logits(self, faces: Tensor) -> Tensor:
        """Return the logits of faces (B, 3, T, S, S): (T * B, 1); a loss on them is safe in half precision."""
        x = faces[..., faces.shape[-2] // 2 :, :].permute(2, 0, 1, 3, 4).flatten(0, 1)
        for block in self.face_encoder_blocks:
            x = block(x)
        return torch.flatten(self.binary_pred[0](x), 1)

    def forward(self, faces: Tensor) -> Tensor:
        """Return the probability of being real.

        Args:
            faces: (B, 3, T, S, S), BGR in [0, 1].

        Returns:
            (T * B, 1), the B clips of frame 0 first, as published.
        """
        return torch.sigmoid(self.logits(faces))
