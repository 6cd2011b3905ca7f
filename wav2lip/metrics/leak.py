"""Leak probe: whether the mouth follows the sound or the face that the generator was given.

A generator whose reference or masked target gives the mouth away scores well on the right sound without using it.
The probe therefore renders one source four times: with the right sound, with another one, with the right one late,
and with silence. A sync judge then measures which sound each output follows: the one that was given, or the source's
own, which the source's mouth follows. Only motion in time with a sound counts, so the head motion that all outputs
share with the source has no weight.

The same four outputs give the leak metrics of arXiv 2511.08613, sec. 2: LSE of a silent output against the source's
own sound, and the difference of LSE between own and other sound with the current frame as the reference (LSD-CR).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wav2lip.metrics.judges import Embeddings
from wav2lip.metrics.lse import Padding, SyncScore, lse, mean_distances, shift_distances
from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.types import MAX_SHIFT, Image

NAN = float("nan")


class LeakProbe(NamedTuple):
    """Results of the probe on one source; every agreement is in the judge's units.

    Attributes:
        agreement_right: of the output for the right sound with that sound.
        agreement_swapped: of the output for the swapped (another) sound with that sound.
        agreement_source: of the same output with the source's own sound, the leak; NaN without such a sound.
        agreement_late: of the output for the late sound with that sound.
        agreement_muted_source: of the output for silence with the source's own sound; NaN without such a sound.
        response: mean change of the mouth when the sound is swapped, in grey levels.
        lse_c_silent: LSE-C of the output for silence with the source's own sound (LSE-C_S), lower is better; NaN
            without such a sound.
        lse_d_silent: LSE-D of the same (LSE-D_S), higher is better.
        lsd_current: half the sum of the differences in LSE-C and LSE-D between the outputs for the right and the
            swapped sound, each with its own (LSD-CR); 0 is best.
    """

    agreement_right: float
    agreement_swapped: float
    agreement_source: float
    agreement_late: float
    agreement_muted_source: float
    response: float
    lse_c_silent: float
    lse_d_silent: float
    lsd_current: float


class ProbeEmbeddings(NamedTuple):
    """Embeddings (n,D) for each of the four sounds of the probe."""

    right: Embeddings
    swapped: Embeddings
    late: Embeddings
    muted: Embeddings


def confidence_at_zero(distances: NDArray[np.floating]) -> float:
    """Median of the mean distances (31,) minus the distance at no shift.

    0 if the mouth is unrelated to the sound, below 0 if most shifts fit better.
    """
    return float(np.median(distances) - distances[MAX_SHIFT])


def agreement(lips: Embeddings, audio: Embeddings, padding: Padding = "none") -> float:
    """Agreement of lips (n,D) with a sound (n,D) at no shift; NaN for too few windows for all shifts."""
    return confidence_at_zero(mean_distances(shift_distances(lips, audio, padding)))


def _lse(lips: Embeddings, audio: Embeddings, padding: Padding) -> SyncScore:
    """LSE of lips (n,D) with a sound (n,D)."""
    return lse(mean_distances(shift_distances(lips, audio, padding)))


def lsd(own: SyncScore, other: SyncScore) -> float:
    """LSD: half the sum of the differences in LSE-C and LSE-D between two outputs for one face.

    Source: arXiv 2511.08613, sec. 2: LSD-CR with the current frame as the reference, LSD-AR with another one, such as
    the first frame.

    Args:
        own: LSE of the output for the face's own sound, with that sound.
        other: LSE of the output for another sound, with that one.

    Returns:
        0 or more in the judge's units; 0 for a generator whose sync does not depend on what its source says.
    """
    return (abs(own.confidence - other.confidence) + abs(own.distance - other.distance)) / 2


def response(right: Image, swapped: Image) -> float:
    """Mean absolute difference of the mouths of two outputs (T,H,W,3), in grey levels.

    Raises:
        ValueError: the two differ in shape.
    """
    if right.shape != swapped.shape:
        raise ValueError(f"two outputs for one source differ: {right.shape} and {swapped.shape}")
    return float(np.abs(mouth_luma(right) - mouth_luma(swapped)).mean(dtype=np.float64))


def leak_probe(
    lips: ProbeEmbeddings,
    sounds: ProbeEmbeddings,
    source: Embeddings | None,
    change: float,
    padding: Padding = "none",
) -> LeakProbe:
    """Compute the leak probe from embeddings.

    Args:
        lips: lips of the four outputs.
        sounds: the four sounds that the outputs were made for.
        source: (n,D) the source's own sound; None for a still or a silent video.
        change: see `response`.
        padding: see `wav2lip.metrics.lse.shift_distances`.
    """

    def with_source(part: Embeddings) -> float:
        return NAN if source is None else agreement(part, source, padding)

    silent = SyncScore(NAN, NAN, 0)
    if source is not None:
        silent = _lse(lips.muted, source, padding)
    own, other = (
        _lse(lips.right, sounds.right, padding),
        _lse(lips.swapped, sounds.swapped, padding),
    )
    return LeakProbe(
        agreement_right=agreement(lips.right, sounds.right, padding),
        agreement_swapped=agreement(lips.swapped, sounds.swapped, padding),
        agreement_source=with_source(lips.swapped),
        agreement_late=agreement(lips.late, sounds.late, padding),
        agreement_muted_source=with_source(lips.muted),
        response=change,
        lse_c_silent=silent.confidence,
        lse_d_silent=silent.distance,
        lsd_current=lsd(own, other),
    )
