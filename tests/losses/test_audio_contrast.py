import math

import pytest
import torch

from wav2lip.losses import audio_contrast

FACES = (2, 3, 5, 20, 20)


def test_it_is_ln_2_where_the_sound_changes_nothing():
    right = torch.full(FACES, 0.4)
    assert audio_contrast(right, right, torch.zeros(FACES)).item() == pytest.approx(math.log(2))


def test_only_the_mouth_counts_and_by_how_much_nearer_it_is():
    target = torch.zeros(FACES)
    wrong = target.clone()
    wrong[..., :10, :] = 1  # above the mouth
    assert audio_contrast(target, wrong, target).item() == pytest.approx(math.log(2))
    wrong = target + 0.01
    expected = math.log(1 + math.exp(-3.0))  # 300 * 0.01 nearer
    assert audio_contrast(target, wrong, target).item() == pytest.approx(expected, rel=1e-4)
    assert audio_contrast(wrong, target, target).item() == pytest.approx(expected + 3.0, rel=1e-4)


def test_it_moves_both_mouths():
    right, wrong = (torch.full(FACES, v, requires_grad=True) for v in (0.4, 0.5))
    audio_contrast(right, wrong, torch.zeros(FACES)).backward()
    assert right.grad[..., 15, 10].min() > 0  # towards the target
    assert wrong.grad[..., 15, 10].max() < 0  # away from it
    assert right.grad[..., :11, :].abs().max() == 0
