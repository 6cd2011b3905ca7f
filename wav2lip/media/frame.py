"""One frame of a video as displayed: in BGR, or still in its planes."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wav2lip.media.picture import Picture


@dataclass(frozen=True)
class Frame:
    """One frame as displayed."""

    image: NDArray[np.uint8]  # (H, W, 3) BGR
    time: float  # seconds since the first frame's presentation
    index: int

    @property
    def sketch(self) -> NDArray[np.uint8]:
        """What tells frames apart at no cost: the image."""
        return self.image


@dataclass(frozen=True)
class CodedFrame:
    """One frame as displayed, still in its planes."""

    picture: Picture
    time: float  # seconds since the first frame's presentation
    index: int

    @property
    def image(self) -> NDArray[np.uint8]:
        """(H, W, 3) BGR, converted at every call."""
        return self.picture.bgr()

    @property
    def sketch(self) -> NDArray[np.uint8]:
        """What tells frames apart at no cost: the luma, (H, W)."""
        return self.picture.luma


class Shown(Protocol):
    """What `Frame` and `CodedFrame` have in common."""

    @property
    def image(self) -> NDArray[np.uint8]: ...
    @property
    def sketch(self) -> NDArray[np.uint8]: ...
    @property
    def time(self) -> float: ...
    @property
    def index(self) -> int: ...
