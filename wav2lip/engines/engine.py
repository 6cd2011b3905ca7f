"""The interfaces of the engines: one per kind of generator."""

from typing import Protocol, TypeAlias, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image, Mel


class Engine(Protocol):
    """Anything that renders faces with a trained generator.

    Attributes:
        on_cpu: whether it runs on the CPU. Several threads may call it; their calls then run side by side.
        image_size: S, side of the generator's faces in pixels.
        warps: whether the generator warps its reference, so that it renders crops at their own resolution.
        max_batch: faces per call that run fastest.
        description: library, version, processor and precision.
    """

    on_cpu: bool
    image_size: int
    warps: bool
    max_batch: int
    description: str

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


@runtime_checkable
class MeshEngine(Protocol):
    """Anything that runs the two networks of a `MeshGenerator`.

    Attributes:
        on_cpu: whether it runs on the CPU. Several threads may call it; their calls then run side by side.
        max_batch: patches per call that run fastest.
        vertices: (P,) int64, numbers of the mesh's points that move.
        basis: (K, P, 3) float32, what a coefficient of 1 moves them by.
        channels: C, of the sound that the prediction reads, see `wav2lip.media.audio_features`.
        reach: steps of 25 ms that a prediction depends on, before and after it.
        description: library, version, processor and precision.
    """

    on_cpu: bool
    max_batch: int
    vertices: NDArray[np.int64]
    basis: NDArray[np.float32]
    channels: int
    reach: tuple[int, int]
    description: str

    def motion(self, audio: Mel) -> NDArray[np.float32]:
        """Predict motion (K, ceil(M / 2)) from sound (C, M); see `LipMotion`."""
        ...

    def inpaint(
        self, colours: Image, inside: NDArray[np.float32], shape: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weigh the candidates of mouths and draw a colour; see `MouthInpainter`.

        Args:
            colours: (B, 7, 72, 96, 3) uint8 BGR.
            inside: (B, 6, 72, 96) in [0, 1].
            shape: (B, 2, 72, 96) in [0, 1].

        Returns:
            Weights (B, 8, 72, 96), and the colour (B, 3, 72, 96) in [0, 1].
        """
        ...


AnyEngine: TypeAlias = Engine | MeshEngine


def resize_crop(crop: Image, size: int) -> Image:
    """Shrink a crop (R, R, 3) to the size of the network."""
    if len(crop) == size:
        return crop
    return np.asarray(cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def with_lower_half(crop: Image, lower: Image) -> Image:
    """Return a crop (R, R, 3) whose lower half (R - R // 2, R, 3) was rendered."""
    return np.concatenate([crop[: len(crop) // 2], lower])
