import math

import pytest
import torch

from wav2lip.losses import audio_contrast

FACES = (2, 3, 5, 20, 20)


def test_it_is_ln_2_if_the_audio_changes_nothing():
    matching = torch.full(FACES, 0.4)
    assert audio_contrast(matching, matching, torch.zeros(FACES)).item() == pytest.approx(
        math.log(2)
    )


def test_only_the_lips_count_by_how_much_closer_they_are():
    target = torch.zeros(FACES)
    mismatched = target.clone()
    mismatched[..., :10, :] = 1  # above the lips
    assert audio_contrast(target, mismatched, target).item() == pytest.approx(math.log(2))
    mismatched = target + 0.01
    expected = math.log(1 + math.exp(-3.0))  # 300 * 0.01 nearer
    assert audio_contrast(target, mismatched, target).item() == pytest.approx(expected, rel=1e-4)
    assert audio_contrast(mismatched, target, target).item() == pytest.approx(
        expected + 3.0, rel=1e-4
    )


def test_gradients_reach_both_mouths():
    matching, mismatched = (torch.full(FACES, v, requires_grad=True) for v in (0.4, 0.5))
    audio_contrast(matching, mismatched, torch.zeros(FACES)).backward()
    assert matching.grad[..., 15, 10].min() > 0  # towards the target
    assert mismatched.grad[..., 15, 10].max() < 0  # away from it
    assert matching.grad[..., :11, :].abs().max() == 0
