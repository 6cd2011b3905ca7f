"""Contrastive loss on the generator's own images: the mouth must depend on the audio. It needs no sync expert."""

import torch.nn.functional as F
from torch import Tensor

from wav2lip.losses.reconstruction import lips_weight

SCALE = 300.0  # 1 / the usual difference between two mouths, some thousandths of full scale


def audio_contrast(
    matching: Tensor, mismatched: Tensor, target: Tensor, scale: float = SCALE
) -> Tensor:
    """Penalise a mouth generated from matching audio that is not closer to the target than one from mismatched audio.

    L1 alone leads to the mean of all mouths that fit a sound, which moves too little. This loss is the maximum
    mutual information criterion of speech recognition (Bahl et al., ICASSP 1986) with one competitor and a
    Laplace density over the region `LIPS`.

    Args:
        matching: (B, 3, T, S, S) in [0, 1], generated from the window's own audio.
        mismatched: the same shape, generated from other audio.
        target: the same shape.
        scale: inverse width of the density.

    Returns:
        Scalar mean; ln 2 = 0.693 if the audio changes nothing.
    """
    inside = lips_weight(target.shape[-1], 2.0, target) - 1
    far, near = (
        ((faces - target).abs() * inside).flatten(1).mean(1) / inside.mean()
        for faces in (mismatched, matching)
    )
    return F.softplus(scale * (near - far)).mean()
