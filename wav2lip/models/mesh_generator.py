"""The generator that moves the mesh of a face: sound to motion of the lower face, and the inside of the mouth."""

from typing import Any

from torch import Tensor, nn

from wav2lip.models.lip_motion import LipMotion
from wav2lip.models.mouth_inpainter import MouthInpainter


class MeshGenerator(nn.Module):
    """Two networks that were trained one after the other; the mesh of the face connects them.

    `motion` predicts from sound how the lower face deviates from the person's neutral shape. The renderer moves the
    pixels of the source by it, and `inpainter` fills the inside of the mouth.

    Args:
        inpainter_width: factor on the channels of the inpainter.
        inpainter_deep: see `MouthInpainter`.
        motion: arguments of `LipMotion`.

    Attributes:
        image_size: width of the patch around the mouth in which colours are drawn, pixels.
    """

    image_size = 96

    def __init__(
        self, inpainter_width: float = 1.0, inpainter_deep: bool = False, **motion: Any
    ) -> None:
        super().__init__()
        self.motion = LipMotion(**motion)
        self.inpainter = MouthInpainter(inpainter_width, inpainter_deep)

    def forward(self, audio: Tensor) -> Tensor:
        """Predict motion (B, K, S) from sound (B, C, M); see `LipMotion`."""
        motion: Tensor = self.motion(audio)
        return motion
