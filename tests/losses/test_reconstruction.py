import numpy as np
import pytest
import torch

from wav2lip.losses import edge_l1, mouth_l1, mouth_psnr, weighted_l1
from wav2lip.losses.reconstruction import lips_weight
from wav2lip.metrics.image import psnr


def test_plain_l1_is_the_mean_difference():
    assert weighted_l1(torch.full((2, 3, 8, 8), 0.75), torch.full((2, 3, 8, 8), 0.5)).item() == 0.25


def test_the_weight_map_covers_the_lips():
    weight = lips_weight(20, 3.0, torch.zeros(1))
    assert weight.shape == (20, 20)
    assert weight[11:19, 4:16].unique().tolist() == [3.0]
    assert (weight == 3).sum() == 8 * 12


def test_psnr_of_the_mouth_is_a_mean_over_samples_and_blind_elsewhere():
    target = torch.zeros(2, 3, 5, 20, 20)
    generated = torch.ones_like(target)
    generated[0, ..., 10:20, 5:15] = 0.1  # 20 dB
    generated[1, ..., 10:20, 5:15] = 0.01  # 40 dB
    assert mouth_psnr(generated, target).item() == pytest.approx(30, abs=1e-3)
    assert mouth_psnr(target, target).item() == pytest.approx(100)
    generated[0, :, 1:, 10:20, 5:15] = 0  # one frame of five: 7 dB less error
    assert mouth_psnr(generated[:1], target[:1]).item() == pytest.approx(26.99, abs=0.01)


def test_l1_of_the_mouth_is_blind_elsewhere():
    generated = torch.ones(2, 3, 5, 20, 20)
    generated[..., 10:20, 5:15] = 0.25
    assert mouth_l1(generated, torch.zeros_like(generated)).item() == pytest.approx(0.25)


def test_training_and_evaluation_measure_the_same_mouth():
    target, generated = np.random.default_rng(0).integers(0, 256, (2, 7, 96, 96, 3), np.uint8)
    faces = [torch.from_numpy(x).permute(3, 0, 1, 2)[None] / 255 for x in (generated, target)]
    assert mouth_psnr(*faces).item() == pytest.approx(psnr(generated, target), abs=1e-3)


def test_a_weighted_mouth_counts_more_and_the_mean_stays_a_mean():
    target = torch.zeros(1, 3, 5, 20, 20)
    assert weighted_l1(target + 0.5, target, mouth_weight=3.0).item() == pytest.approx(0.5)
    inside, outside = target.clone(), target.clone()
    inside[..., 15, 10] = 1
    outside[..., 2, 10] = 1
    ratio = weighted_l1(inside, target, mouth_weight=3.0) / weighted_l1(
        outside, target, mouth_weight=3.0
    )
    assert ratio.item() == pytest.approx(3)


def test_edge_l1_counts_steps_and_not_levels():
    target = torch.zeros(1, 3, 4, 4)
    assert edge_l1(target + 0.5, target).item() == 0
    column = target.clone()
    column[..., 2] = 1.0  # a step up and a step down in each of 4 rows of 16 pixels
    assert edge_l1(column, target).item() == pytest.approx(2 * 4 / 16)
