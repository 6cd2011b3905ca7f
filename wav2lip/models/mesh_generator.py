"""The generator that moves the mesh of a face: sound to motion of the lower face, and the inside of the mouth."""

from collections.abc import Sequence

from torch import Tensor, nn

from wav2lip.models.lip_motion import LipMotion
from wav2lip.models.mouth_inpainter import MouthInpainter
from wav2lip.types import LOWER_FACE


class MeshGenerator(nn.Module):
    """Two networks that were trained one after the other; the mesh of the face connects them.

    `motion` predicts from sound how the lower face deviates from the person's neutral shape. The renderer moves the
    pixels of the source by it, and `inpainter` fills the inside of the mouth.

    Args:
        inpainter_width: factor on the channels of the inpainter.
        width: of `LipMotion`, as are all that follow.
        stacks: see `LipMotion`.
        dilations: see `LipMotion`.
        components: see `LipMotion`.
        lookahead_ms: see `LipMotion`.
        dropout: see `LipMotion`.
        points: see `LipMotion`.

    Attributes:
        image_size: width of the patch around the mouth in which colours are drawn, pixels.
    """

    image_size = 96

    def __init__(
        self,
        inpainter_width: float = 1.0,
        width: int = 96,
        stacks: int = 2,
        dilations: Sequence[int] = (1, 2, 4, 8),
        components: int = 12,
        lookahead_ms: float | None = 200,
        dropout: float = 0.4,
        points: int = LOWER_FACE,
    ) -> None:
        super().__init__()
        self.motion = LipMotion(width, stacks, dilations, components, lookahead_ms, dropout, points)
        self.inpainter = MouthInpainter(inpainter_width)

    def forward(self, mel: Tensor) -> Tensor:
        """Predict motion (B, K, S) from a mel (B, 80, M); see `LipMotion`."""
        motion: Tensor = self.motion(mel)
        return motion
