"""Frame-to-frame jitter: flicker and trembling, which no single frame shows."""

import numpy as np

from wav2lip.errors import InputError
from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.types import Image

MIN_FRAMES = 3


def jitter(faces: Image) -> float:
    """Mean absolute second difference of the mouth region over time, halved: |x[t-1] - 2 x[t] + x[t+1]| / 2.

    Steady change scores 0; a flicker of ±a between frames scores 2a.

    Args:
        faces: (T,H,W,3) face crops of consecutive frames.

    Returns:
        Grey levels (0-255).

    Raises:
        InputError: fewer than three frames.
    """
    if len(faces) < MIN_FRAMES:
        raise InputError(f"{len(faces)} frames are too few for jitter; give three or more")
    return float(np.abs(np.diff(mouth_luma(faces), n=2, axis=0)).mean(dtype=np.float64) / 2)


def jitter_ratio(generated: Image, source: Image) -> float:
    """Jitter of `generated` (T,H,W,3) over that of `source` (T',H,W,3); NaN for a motionless source."""
    reference = jitter(source)
    return jitter(generated) / reference if reference > 0 else float("nan")
