"""Frame-to-frame jitter: flicker and trembling, which no single frame shows."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.metrics.clip_values import ClipMean
from wav2lip.metrics.mouth_motion import mouth_luma


def jitter(faces: NDArray[np.uint8]) -> float:
    """Crops (T,H,W,3) -> mean |x[t-1] - 2 x[t] + x[t+1]| / 2 over the mouth region, in grey levels.

    The second difference passes steady change and keeps what turns back within a frame; a flicker
    of ±a between frames scores 2a. Raises InputError under three frames.
    """
    if len(faces) < 3:
        raise InputError(f"{len(faces)} frames are too few for jitter: give three or more")
    return float(np.abs(np.diff(mouth_luma(faces), n=2, axis=0)).mean(dtype=np.float64) / 2)


def jitter_ratio(generated: NDArray[np.uint8], source: NDArray[np.uint8]) -> float:
    """Jitter of `generated` over that of `source`, crops (T,H,W,3); NaN for a motionless source."""
    reference = jitter(source)
    return jitter(generated) / reference if reference > 0 else float("nan")


class Jitter(ClipMean):
    """Mean jitter over clips, in grey levels."""

    higher_is_better = False

    def update(self, faces: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8."""
        self.add(jitter(faces))


class JitterRatio(ClipMean):
    """Mean jitter over clips, each as a share of its source's."""

    def update(self, generated: NDArray[np.uint8], source: NDArray[np.uint8]) -> None:
        """Add one clip: crops (T,H,W,3) uint8 of both."""
        self.add(jitter_ratio(generated, source))
