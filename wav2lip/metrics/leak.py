"""Leak probe: whether the mouth follows the sound or the face that it was shown.

A generator whose reference or masked target gives the mouth away scores well on the right sound
while it never listens. So it is run four times on one source, with the right, another's, a late and
no sound, and a judge of sync says what its mouth follows: the sound that was given, or the source's
own, which the source's mouth says. Only a mouth that moves in time with a sound agrees with it, so
that the head's motion, which all outputs share with the source, counts for nothing.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from wav2lip.metrics.bootstrap import bootstrap_ratio
from wav2lip.metrics.lse import Padding, mean_distances, shift_distances
from wav2lip.metrics.mouth_motion import mouth_luma
from wav2lip.types import MAX_SHIFT


class LeakProbe(NamedTuple):
    """Agreement is `agreement`, in the judge's units; NaN where the source has no sound."""

    agreement_right: float  # of the output for the right sound with that sound
    agreement_sound: float  # of the output for another's sound with that sound
    agreement_source: float  # of the same output with the source's own sound: the leak
    agreement_late: float  # of the output for the late sound with that sound
    muted_source: float  # of the output for silence with the source's own sound: the leak again
    response: float  # mean change of the mouth when the sound is swapped, in grey levels


class Outputs(NamedTuple):
    """Embeddings (n,D), one for each of the probe's four sounds."""

    right: Tensor
    swapped: Tensor
    late: Tensor
    muted: Tensor


def agreement(distances: NDArray[np.floating]) -> float:
    """Mean distances (31,) -> their median less the one at no shift: the confidence at no shift.

    0 where the mouth has nothing to do with the sound, below 0 where every shift fits better.
    """
    return float(np.median(distances) - distances[MAX_SHIFT])


def follows(lips: Tensor, audio: Tensor, padding: Padding = "none") -> float:
    """Agreement of a clip's lips (n,D) with a sound (n,D); NaN for one too short for all shifts."""
    return agreement(mean_distances(shift_distances(lips, audio, padding)))


def response(right: NDArray[np.uint8], swapped: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two outputs' mouths, crops (T,H,W,3), in grey levels."""
    if right.shape != swapped.shape:
        raise ValueError(f"two outputs for one source differ: {right.shape} and {swapped.shape}")
    return float(np.abs(mouth_luma(right) - mouth_luma(swapped)).mean(dtype=np.float64))


def leak_probe(
    lips: Outputs,
    sounds: Outputs,
    source: Tensor | None,
    change: float,
    padding: Padding = "none",
) -> LeakProbe:
    """What four outputs for one source follow.

    lips: the outputs', in a judge's eyes; sounds: those that each was made for. source: (n,D) the
    source's own sound, None for a still or a silent one. change: see `response`.
    """

    def with_source(part: Tensor) -> float:
        return float("nan") if source is None else follows(part, source, padding)

    return LeakProbe(
        agreement_right=follows(lips.right, sounds.right, padding),
        agreement_sound=follows(lips.swapped, sounds.swapped, padding),
        agreement_source=with_source(lips.swapped),
        agreement_late=follows(lips.late, sounds.late, padding),
        muted_source=with_source(lips.muted),
        response=change,
    )


class AgreementRatio(Metric):
    """How many times as much the mouth follows the sound as the source, over clips.

    `compute` gives (3,) ratio of the means and its bootstrap interval; see `bootstrap_ratio`.
    """

    full_state_update = False
    is_differentiable = False
    higher_is_better = True
    values: list[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.add_state("values", [], dist_reduce_fx="cat")

    def update(self, probe: LeakProbe) -> None:
        """Add one clip; one without a sound of its own does not count."""
        pair = [[probe.agreement_sound, probe.agreement_source]]
        self.values.append(torch.tensor(pair, dtype=torch.float64, device=self.device))

    def compute(self) -> Tensor:
        """(3,) float64."""
        pairs = dim_zero_cat(self.values).T.tolist() if len(self.values) else ([], [])
        return torch.tensor(bootstrap_ratio(*pairs)[:3], dtype=torch.float64)
