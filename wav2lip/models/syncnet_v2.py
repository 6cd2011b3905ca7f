"""SyncNet v2 (Chung & Zisserman, "Out of time", 2016), the network of the LSE scores.

Its published weights are a bare state dict. So the indices inside each `Sequential` are part of the format, those of
the pooling without effect (kernel 1, stride 1) included.
"""

from torch import Tensor, nn

EMBEDDING = 1024  # length of the vectors
FEATURES = 512  # channels before the heads


def _head() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(FEATURES, FEATURES),
        nn.BatchNorm1d(FEATURES),
        nn.ReLU(),
        nn.Linear(FEATURES, EMBEDDING),
    )


def _conv2d(
    in_channels: int, out_channels: int, kernel: int | tuple[int, int], padding: int
) -> list[nn.Module]:
    conv = nn.Conv2d(in_channels, out_channels, kernel, padding=padding)
    return [conv, nn.BatchNorm2d(out_channels), nn.ReLU()]


def _conv3d(
    in_channels: int,
    out_channels: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    padding: tuple[int, int, int] = (0, 0, 0),
) -> list[nn.Module]:
    conv = nn.Conv3d(in_channels, out_channels, kernel, stride, padding)
    return [conv, nn.BatchNorm3d(out_channels), nn.ReLU()]


class SyncNetV2(nn.Module):
    """Embed MFCC windows and lips; 13,631,616 parameters.

    The embeddings are not normalised: the scores use the Euclidean distance.
    """

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_conv2d(1, 64, 3, 1),
            nn.MaxPool2d(1, 1),
            *_conv2d(64, 192, 3, 1),
            nn.MaxPool2d(3, (1, 2)),
            *_conv2d(192, 384, 3, 1),
            *_conv2d(384, 256, 3, 1),
            *_conv2d(256, 256, 3, 1),
            nn.MaxPool2d(3, 2),
            *_conv2d(256, FEATURES, (5, 4), 0),
        )
        self.netfcaud = _head()
        self.netfclip = _head()
        pool, step = (1, 3, 3), (1, 2, 2)
        self.netcnnlip = nn.Sequential(
            *_conv3d(3, 96, (5, 7, 7), step),
            nn.MaxPool3d(pool, step),
            *_conv3d(96, 256, (1, 5, 5), step, (0, 1, 1)),
            nn.MaxPool3d(pool, step, (0, 1, 1)),
            *_conv3d(256, 256, pool, padding=(0, 1, 1)),
            *_conv3d(256, 256, pool, padding=(0, 1, 1)),
            *_conv3d(256, 256, pool, padding=(0, 1, 1)),
            nn.MaxPool3d(pool, step),
            *_conv3d(256, FEATURES, (1, 6, 6)),
        )

    def forward_audio(self, mfcc: Tensor) -> Tensor:
        """Embed MFCC windows (B, 1, 13, 20) as (B, 1024)."""
        result: Tensor = self.netfcaud(self.netcnnaud(mfcc).flatten(1))
        return result

    def forward_lip(self, frames: Tensor) -> Tensor:
        """Embed windows of five frames (B, 3, 5, 224, 224), BGR 0-255, as (B, 1024)."""
        result: Tensor = self.netfclip(self.netcnnlip(frames).flatten(1))
        return result

    def forward(self, mfcc: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Embed both: audio (B, 1024) and lips (B, 1024)."""
        return self.forward_audio(mfcc), self.forward_lip(frames)
