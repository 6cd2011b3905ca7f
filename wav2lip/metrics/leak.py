"""Leak probe: whether the mouth follows the sound or the face that it was shown.

A generator whose reference or masked target gives the mouth away scores well on the right sound
while it never listens. So it is run four times on one source, with the right, another, a shifted
and no sound, and what its mouth still does alike is the leak.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError
from wav2lip.metrics.clip_values import ClipMean
from wav2lip.metrics.mouth import mouth_luma


class LeakProbe(NamedTuple):
    """Motion shared by two outputs is a correlation in [-1, 1]; see `leak_probe`."""

    swapped: float  # shared with the output for another clip's sound; 1 leaks, 0 listens
    muted: float  # shared with the output for silence; 1 leaks, 0 listens
    shifted: float  # shared with the output for shifted sound, at the same frame; 1 leaks
    follows: float  # `shifted` after undoing the shift; 1 the mouth moved along with the sound
    response: float  # mean change of the mouth when the sound is swapped, in grey levels
    leak: float  # in [0, 1]: mean of swapped, muted, shifted, each at least 0


def shared_motion(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two videos (T,H,W) over time and pixels, each pixel's mean over time removed.

    0 when either stands still: nothing is shared then.
    """
    first = one - one.mean(0, dtype=np.float64)
    second = other - other.mean(0, dtype=np.float64)
    norm = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / norm) if norm > 0 else 0.0


def leak_probe(
    right: NDArray[np.uint8],
    swapped: NDArray[np.uint8],
    shifted: NDArray[np.uint8],
    muted: NDArray[np.uint8],
    shift: int,
) -> LeakProbe:
    """Four outputs for one source, crops (T,H,W,3), with the right, another, late and no sound.

    `shift` > 0 frames: the sound of `shifted` was delayed by that much, so a mouth that follows
    shows at frame t what `right` shows at t - shift. The source's own head motion is shared by all
    four and keeps `leak` above 0 for an honest generator: a still source is the clean test.
    Raises ValueError for unequal shapes, InputError for a clip shorter than the shift.
    """
    if not right.shape == swapped.shape == shifted.shape == muted.shape:
        raise ValueError("the four outputs of a leak probe must have one shape")
    if not 0 < shift <= len(right) - 2:
        raise InputError(f"{len(right)} frames are too few for a shift of {shift}: give more")
    truth, other, late, silent = (mouth_luma(x) for x in (right, swapped, shifted, muted))
    shares = [shared_motion(truth, x) for x in (other, silent, late)]
    return LeakProbe(
        swapped=shares[0],
        muted=shares[1],
        shifted=shares[2],
        follows=shared_motion(truth[:-shift], late[shift:]),
        response=float(np.abs(truth - other).mean(dtype=np.float64)),
        leak=float(np.mean([max(0.0, share) for share in shares])),
    )


class Leak(ClipMean):
    """Mean leak over clips."""

    higher_is_better = False

    def update(
        self,
        right: NDArray[np.uint8],
        swapped: NDArray[np.uint8],
        shifted: NDArray[np.uint8],
        muted: NDArray[np.uint8],
        shift: int,
    ) -> None:
        """Add one clip: see `leak_probe`."""
        self.add(leak_probe(right, swapped, shifted, muted, shift).leak)
