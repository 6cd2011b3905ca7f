import math

import pytest
import torch

from wav2lip.losses import adversarial_bce


def test_numbers():
    assert adversarial_bce(torch.zeros(3, 1), real=True).item() == pytest.approx(math.log(2))
    assert adversarial_bce(torch.zeros(3, 1), real=False).item() == pytest.approx(math.log(2))
    logits = torch.tensor([[2.0], [-1.0]])
    probability = torch.sigmoid(logits)
    assert adversarial_bce(logits, real=True).item() == pytest.approx(
        float(-probability.log().mean())
    )
    assert adversarial_bce(logits, real=False).item() == pytest.approx(
        float(-(1 - probability).log().mean())
    )


def test_a_large_logit_in_half_precision_stays_finite():
    logits = torch.tensor([[60.0]], dtype=torch.bfloat16)
    loss = adversarial_bce(logits, real=False)
    assert loss.dtype == torch.float32
    assert loss.item() == 60
