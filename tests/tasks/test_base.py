import pytest
import torch

from wav2lip.tasks.base import to_float, warmup_cosine


def test_images_become_floats_between_0_and_1():
    images = to_float(torch.tensor([0, 51, 255], dtype=torch.uint8))
    assert images.dtype == torch.float32
    assert images.tolist() == pytest.approx([0, 0.2, 1])


def test_the_rate_warms_up_then_falls_to_its_floor():
    factors = [warmup_cosine(step, 4, 20) for step in range(25)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[4] == 1.0
    assert factors[12] == pytest.approx(0.51)
    assert factors[20:] == pytest.approx([0.02] * 5)
    assert warmup_cosine(9, 4, -1) == 1.0  # no end: constant
