"""The interface of an engine."""

from typing import Protocol

from wav2lip.types import Image, Mel


class Engine(Protocol):
    """Anything that renders faces with a trained generator.

    Attributes:
        on_cpu: whether it runs on the CPU; calls from several threads then run side by side.
        image_size: S, side of the generator's faces in pixels.
        warps: whether the generator warps its reference, so that it renders crops at their own resolution.
        max_batch: faces per call that run fastest.
    """

    on_cpu: bool
    image_size: int
    warps: bool
    max_batch: int

    def render(
        self, crops: list[Image], mels: Mel, *, neutral_reference: bool = True
    ) -> list[Image]:
        """Render each crop with the mouth of its mel window.

        Args:
            crops: B crops (R, R, 3) uint8 BGR; R is a multiple of S, and S if the generator does not warp.
            mels: (B, 80, 16).
            neutral_reference: neutralize each crop first, if the generator warps.

        Returns:
            B faces (R, R, 3) uint8 BGR.
        """
        ...
