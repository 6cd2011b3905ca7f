import math

import pytest
import torch
import torch.nn.functional as F

from wav2lip.losses import SeriesContrast


def vectors(*shape: int):
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)), dim=-1)


def test_vectors_that_tell_nothing_give_chance():
    flat = torch.ones(2, 10, 4) / 2
    loss = SeriesContrast(within=1.0)
    # of 10 windows those one or two apart are no negatives: 6 to 8 candidates remain
    expected = (2 * math.log(8) + 2 * math.log(7) + 6 * math.log(6)) / 10
    assert loss(flat, flat).item() == pytest.approx(expected, abs=1e-5)
    assert loss.chance(2, 10) == pytest.approx(math.log(10 - 3.4))
    both = SeriesContrast(within=0.5)(flat, flat).item()
    assert both == pytest.approx((expected + math.log(20)) / 2, abs=1e-5)


def test_matching_windows_have_less_loss_than_shifted_ones():
    one = vectors(3, 12, 32)
    loss = SeriesContrast()
    assert loss(one, one).item() < 0.3
    assert loss(one, one.roll(4, dims=1)).item() > 3


def test_windows_that_do_not_count_change_nothing():
    one, other = vectors(2, 12, 8), vectors(2, 12, 8).roll(1, dims=0)
    counts = torch.ones(2, 12, dtype=torch.bool)
    counts[0, 8:] = False
    changed = one.clone()
    changed[0, 8:] = F.normalize(torch.randn(4, 8), dim=-1)
    loss = SeriesContrast()
    torch.testing.assert_close(loss(one, other, counts), loss(changed, other, counts))
    none = loss(one.requires_grad_(), other, torch.zeros_like(counts))
    assert none.item() == 0
    none.backward()


def test_neighbours_are_no_negatives_within_a_stretch():
    one = vectors(1, 12, 16)
    loss = SeriesContrast(within=1.0, near=2)
    twins = one.clone()
    twins[:, 5] = one[:, 4]  # the neighbour's sound is the same
    strict = SeriesContrast(within=1.0, near=0)
    assert loss(twins, one) < strict(twins, one)
