"""The judge of lip sync, SyncNet v2 (Chung & Zisserman, "Out of time", 2016): the LSE scores.

Its weights are a bare state dict, so that the indices inside each `Sequential` are part of the
format, the pool that does nothing (k1 s1) included.
"""

from torch import Tensor, nn

EMBEDDING = 1024
FEATURES = 512


def _head() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(FEATURES, FEATURES),
        nn.BatchNorm1d(FEATURES),
        nn.ReLU(),
        nn.Linear(FEATURES, EMBEDDING),
    )


def _conv2d(
    before: int, after: int, kernel: int | tuple[int, int], padding: int
) -> list[nn.Module]:
    return [nn.Conv2d(before, after, kernel, padding=padding), nn.BatchNorm2d(after), nn.ReLU()]


def _conv3d(
    before: int,
    after: int,
    kernel: tuple[int, int, int],
    stride: tuple[int, int, int] = (1, 1, 1),
    padding: tuple[int, int, int] = (0, 0, 0),
) -> list[nn.Module]:
    return [nn.Conv3d(before, after, kernel, stride, padding), nn.BatchNorm3d(after), nn.ReLU()]


class SyncNetV2(nn.Module):
    """13,631,616 parameters; embeddings are not normalised: the scores use Euclidean distance."""

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
        """MFCC windows (B, 1, 13, 20) -> (B, 1024)."""
        result: Tensor = self.netfcaud(self.netcnnaud(mfcc).flatten(1))
        return result

    def forward_lip(self, frames: Tensor) -> Tensor:
        """Five frames (B, 3, 5, 224, 224), BGR 0-255 -> (B, 1024)."""
        result: Tensor = self.netfclip(self.netcnnlip(frames).flatten(1))
        return result

    def forward(self, mfcc: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Both sides at once: (B, 1024) of the sound and (B, 1024) of the lips."""
        return self.forward_audio(mfcc), self.forward_lip(frames)
