"""How much fine texture a picture has: grain, pores, the halos of sharpening. What is drawn into it gets as much.

The inside of a mouth is drawn as soft as the videos that the network learned from. In a sharp photo it would look
like a smear.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from wav2lip.types import Image

FINE = 0.9  # px, standard deviation of the blur whose residual counts as fine
# Grey levels of the residual. The faces of 30 compressed videos have 0.4 to 0.85, photos up to 5.
SOFT = 0.8  # what is drawn has it already
CRISP = 2.0  # with so much, drawn edges are sharpened in full
MOST = 4.0  # of it grain may be
WHITE = 0.85  # standard deviation of the residual of white noise whose standard deviation is 1
SAMPLES = 4096  # at most, of which a median is taken
MAD = 1.4826  # standard deviation of normal values over their median deviation


def fine_texture(image: Image, ignored: NDArray[np.float32]) -> float:
    """Measure the texture of skin.

    Args:
        image: (H, W, 3) uint8 BGR.
        ignored: (h, w) a smaller or equal map of the same part; positive where the image does not count.

    Returns:
        A robust standard deviation of what a blur takes away, in grey levels.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    residual = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), FINE))
    counted = residual[cv2.resize(ignored, grey.shape[::-1]) <= 0]
    if not counted.size:
        return 0.0
    return MAD * float(np.median(counted[:: -(-counted.size // SAMPLES)]))


def crispness(texture: float) -> float:
    """Return how much of full sharpening fits a picture with this texture, 0 to 1."""
    return min(1.0, max(0.0, (texture - SOFT) / (CRISP - SOFT)))


@lru_cache(maxsize=8)
def _noise(height: int, width: int) -> NDArray[np.float32]:
    """Return white noise, always the same: a photo's grain does not move."""
    return np.random.default_rng(0).standard_normal((height, width), np.float32)


def add_grain(
    drawn: NDArray[np.float32], texture: float, size: tuple[int, int], top: int, left: int
) -> NDArray[np.float32]:
    """Add grain to a drawn part of a picture; less where it is dark.

    Args:
        drawn: (h, w, 3) in [0, 1].
        texture: of the picture, see `fine_texture`.
        size: height and width of the whole, within which grain stays in its place.
        top: first row of the part.
        left: its first column.

    Returns:
        `drawn` itself where the picture has no more texture than it.
    """
    amount = min(texture - SOFT, MOST) / (255 * WHITE)
    if amount <= 0:
        return drawn
    noise = _noise(*size)[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    shade = np.sqrt(np.clip(2 * drawn.mean(axis=2), 0.1, 1))
    grained: NDArray[np.float32] = drawn + (np.float32(amount) * noise * shade)[..., None]
    return grained
