"""Does the mouth depend on the sound, asked of the generator itself: no sync expert is needed."""

import torch.nn.functional as F
from torch import Tensor

from wav2lip.losses.reconstruction import mouth_weight

SCALE = 300.0  # the mouth's mean difference between two sounds is some thousandths of full scale


def audio_contrast(right: Tensor, wrong: Tensor, target: Tensor, scale: float = SCALE) -> Tensor:
    """How much less likely than another sound's the right sound's mouth is, by its distance to the target.

    L1 alone draws the mean of all mouths that fit a sound, and a mean moves too little. This asks
    each window that its own sound's mouth be nearer to the true one than another sound's, which is
    the maximum mutual information criterion of speech recognition (Bahl et al., ICASSP 1986) with one
    competitor and a Laplace density.

    Args:
        right: (B, 3, T, S, S) in [0, 1], drawn from the window's own sound.
        wrong: the same, drawn from another sound.
        target: the same, true.
        scale: the density's inverse width.

    Returns:
        Scalar mean; ln 2 = 0.693 where the sound changes nothing.
    """
    inside = mouth_weight(target.shape[-1], 2.0, target) - 1
    far, near = (
        ((faces - target).abs() * inside).flatten(1).mean(1) / inside.mean()
        for faces in (wrong, right)
    )
    return F.softplus(scale * (near - far)).mean()
