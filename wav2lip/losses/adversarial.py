"""Adversarial loss, on logits and in float32."""

import torch
import torch.nn.functional as F
from torch import Tensor


def adversarial_bce(logits: Tensor, real: bool) -> Tensor:
    """Compute the binary cross-entropy of a discriminator's logits against one label for all.

    The published training (Prajwal et al. 2020, section 3.3) takes the cross-entropy of probabilities. From logits
    it is the same number, and it stays finite where a half-precision sigmoid would reach 0 or 1.

    Args:
        logits: (N, 1), before the sigmoid.
        real: True for the discriminator on real faces and for the generator on its own (the non-saturating form,
            Goodfellow et al. 2014, section 3); False for the discriminator on generated faces.

    Returns:
        Scalar mean; ln 2 = 0.693 for logits of 0.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))
