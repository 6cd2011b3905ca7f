"""A discriminator of small pictures: real or generated, judged in many places at once."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

CHANNELS = (32, 64, 96)
SHAPE = 2  # channels of the masks that come with a picture
LEAK = 0.2  # negative slope


class PatchDiscriminator(nn.Module):
    """Judge patches of about 22 pixels of a mouth, given where the mouth is open.

    Isola et al. 2017, *Image-to-image translation with conditional adversarial networks*, section 3.2.2; with spectral
    normalisation (Miyato et al. 2018).

    Args:
        width: factor on every channel count.

    Examples:
        >>> import torch
        >>> logits, features = PatchDiscriminator()(torch.zeros(1, 3, 72, 96), torch.zeros(1, 2, 72, 96))
        >>> logits.shape, len(features)
        (torch.Size([1, 1, 18, 24]), 3)
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        first, second, third = (max(8, round(c * width / 8) * 8) for c in CHANNELS)
        self.layers = nn.ModuleList(
            [
                spectral_norm(nn.Conv2d(3 + SHAPE, first, 4, 2, 1)),
                spectral_norm(nn.Conv2d(first, second, 4, 2, 1)),
                spectral_norm(nn.Conv2d(second, third, 3, 1, 1)),
            ]
        )
        self.patch_logits = spectral_norm(nn.Conv2d(third, 1, 3, 1, 1))
        self.act = nn.LeakyReLU(LEAK)

    def forward(self, pictures: Tensor, shape: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge pictures.

        Args:
            pictures: (B, 3, H, W) BGR in [0, 1].
            shape: (B, 2, H, W) in [0, 1]: the opening, and the region that may be generated.

        Returns:
            Logits (B, 1, H / 4, W / 4), above 0 for real; and the feature maps before them.
        """
        x = torch.cat([pictures - 0.5, shape], 1)
        features = []
        for layer in self.layers:
            x = self.act(layer(x))
            features.append(x)
        logits: Tensor = self.patch_logits(x)
        return logits, features
