"""The two sides of the adversarial game, on logits and in float32."""

import torch
import torch.nn.functional as F
from torch import Tensor


def adversarial_bce(logits: Tensor, real: bool) -> Tensor:
    """Binary cross-entropy of a discriminator's verdicts against one answer for all.

    The published training (Prajwal et al. 2020, section 3.3) takes the cross-entropy of probabilities;
    from logits it is the same number, and finite where a half-precision sigmoid would reach 0 or 1.

    Args:
        logits: (N, 1), before the sigmoid.
        real: True for the discriminator on photographs and for the generator on its drawings (the
            non-saturating form, Goodfellow et al. 2014, section 3), False for the discriminator on drawings.

    Returns:
        Scalar mean; ln 2 where the discriminator cannot tell.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))
