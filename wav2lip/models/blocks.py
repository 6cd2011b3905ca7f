"""The blocks that all networks here consist of.

The attribute `conv_block` and the order in it (0 is the convolution, 1 the norm) are part of the published
state-dict keys.
"""

from collections.abc import Sequence

from torch import Tensor, nn

Pair = int | tuple[int, int]
CHANNEL_STEP = 8  # channel counts are multiples of this, for vector units
LEAK = 0.01  # negative slope of the discriminator's LeakyReLU


def scale_channels(channels: Sequence[int], width: float) -> list[int]:
    """Multiply channel counts by `width` and round to multiples of 8, at least 8.

    Raises:
        ValueError: `width` is not above 0.
    """
    if width <= 0:
        raise ValueError(f"width must be above 0, not {width}")
    return [max(CHANNEL_STEP, round(c * width / CHANNEL_STEP) * CHANNEL_STEP) for c in channels]


def extend(values: Sequence[int], length: int) -> list[int]:
    """Cut `values` to `length`, or repeat the last value up to it."""
    return [*values, *[values[-1]] * length][:length]


class ConvBlock(nn.Module):
    """Convolution and batch norm; plus the input if `residual`; then ReLU if `rectify`."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        *,
        residual: bool = False,
        rectify: bool = True,
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel, stride, padding),
            nn.BatchNorm2d(out_channels),
        )
        self.residual = residual
        self.act: nn.Module = nn.ReLU(inplace=True) if rectify else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in, H, W) to (B, out, H', W')."""
        out = self.conv_block(x)
        if self.residual:
            out = out + x
        result: Tensor = self.act(out)
        return result


class TransposedBlock(nn.Module):
    """Transposed convolution, batch norm and ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int,
        padding: int,
        output_padding: int = 0,
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ConvTranspose2d(in_channels, out_channels, kernel, stride, padding, output_padding),
            nn.BatchNorm2d(out_channels),
        )
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in, H, W) to (B, out, H', W')."""
        result: Tensor = self.act(self.conv_block(x))
        return result


class PlainBlock(nn.Module):
    """Convolution and LeakyReLU without a norm, for the discriminator."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
    ) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel, stride, padding)
        )
        self.act = nn.LeakyReLU(LEAK, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in, H, W) to (B, out, H', W')."""
        result: Tensor = self.act(self.conv_block(x))
        return result


def residual_blocks(channels: int, count: int) -> list[ConvBlock]:
    """Return `count` 3x3 residual blocks that keep the shape."""
    return [ConvBlock(channels, channels, 3, 1, 1, residual=True) for _ in range(count)]
