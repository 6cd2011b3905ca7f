import math

import pytest
import torch

from wav2lip.losses import (
    CosineBCE,
    SyncBCE,
    SyncContrast,
    WindowContrast,
    cosine_bce,
    info_nce,
    window_contrast,
)


def unit(*shape: int):
    generator = torch.Generator().manual_seed(0)
    return torch.nn.functional.normalize(torch.randn(*shape, generator=generator), dim=-1)


def test_cosine_bce_is_the_log_of_the_cosine():
    audio = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    face = torch.tensor([[0.6, 0.8], [0.6, 0.8]])
    assert cosine_bce(audio, face, torch.tensor([1.0, 1.0])).item() == pytest.approx(-math.log(0.6))
    half = cosine_bce(audio, face, torch.tensor([1.0, 0.0])).item()
    assert half == pytest.approx(-(math.log(0.6) + math.log(0.4)) / 2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_perfect_and_zero_vectors_stay_finite_in_any_precision(dtype):
    audio = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=dtype, requires_grad=True)
    loss = cosine_bce(audio, audio.detach(), torch.tensor([0.0, 1.0]))
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert torch.isfinite(audio.grad).all()


def test_losses_are_float32_under_autocast():
    audio, face = unit(2, 4, 8), unit(2, 4, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under = window_contrast(audio, face, torch.tensor(10.0), 0.7)
    assert under.dtype == torch.float32
    assert under.item() == window_contrast(audio, face, torch.tensor(10.0), 0.7).item()


def test_info_nce_is_ln_n_at_chance_and_matches_a_hand_count():
    assert info_nce(torch.zeros(3, 5, 5)).item() == pytest.approx(math.log(5))
    logits = torch.tensor([[2.0, 0.0], [1.0, 3.0]])
    rows = math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-2))
    columns = math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-3))
    assert info_nce(logits).item() == pytest.approx((rows + columns) / 4)


def test_window_contrast_mixes_the_clip_and_the_batch():
    audio = unit(3, 4, 16)
    face = audio.clone()
    clip = window_contrast(audio, face, torch.tensor(0.0), 1.0).item()
    batch = window_contrast(audio, face, torch.tensor(0.0), 0.0).item()
    assert (clip, batch) == (pytest.approx(math.log(4)), pytest.approx(math.log(12)))
    mixed = window_contrast(audio, face, torch.tensor(0.0), 0.7).item()
    assert mixed == pytest.approx(0.7 * math.log(4) + 0.3 * math.log(12))


def test_the_learned_scale_is_bounded():
    loss = WindowContrast(scale=10.0, max_scale=50.0)
    assert loss.scale.item() == pytest.approx(10)
    with torch.no_grad():
        loss.log_scale.fill_(9.0)
    assert loss.scale.item() == 50
    assert loss(unit(2, 3, 8), unit(2, 3, 8)).shape == ()


def test_every_second_audio_of_the_published_objective_is_from_another_window():
    audio = torch.eye(4)[None]  # four different windows: shifted audio has cosine 0
    assert CosineBCE()(audio, audio).item() == pytest.approx(0, abs=1e-4)
    # The same audio in every window: a negative pair has cosine 1 and costs -log 1e-6.
    alike = torch.eye(4)[:1].expand(1, 4, 4)
    assert CosineBCE()(alike, alike).item() == pytest.approx(-math.log(1e-6) / 2, rel=0.01)


def test_the_loss_of_the_generator_falls_with_the_fit():
    audio = unit(4, 8).abs()
    none = torch.zeros(4, 0, 8)
    wrong = audio.roll(1, 0)
    assert SyncBCE()(audio, audio, none).item() < SyncBCE()(audio, wrong, none).item()
    loss = SyncContrast()
    assert loss(audio, audio, none).item() < math.log(4) < loss(audio, wrong, none).item()
    assert SyncContrast(scale=0)(audio, audio, none).item() == pytest.approx(math.log(4))


def test_negatives_are_audio_that_a_face_must_not_fit():
    audio, face = torch.eye(3)[:2], torch.eye(3)[:2]
    negatives = torch.eye(3)[2].expand(2, 5, 3)  # cosine 0 with either face
    right = math.log(1 + 5 * math.exp(-4))
    assert SyncContrast(scale=4)(audio, face, negatives).item() == pytest.approx(right, abs=1e-6)
    same = audio[:, None].expand(2, 5, 3)
    assert SyncContrast(scale=4)(audio, face, same).item() == pytest.approx(math.log(6))


def test_a_margin_lowers_the_score_of_matching_pairs():
    audio = torch.eye(2)[None]
    loss = window_contrast(audio, audio, torch.tensor(2.0), 1.0, margin=0.3).item()
    assert loss == pytest.approx(math.log(1 + math.exp(-2 * 0.7)))
    assert window_contrast(audio, audio, torch.tensor(2.0), 0.0, margin=0.3).item() == loss


def test_windows_of_other_clips_join_the_negatives_of_each_clip():
    audio = unit(3, 4, 16)
    at_chance = window_contrast(audio, audio, torch.tensor(0.0), 1.0, other_clips=2).item()
    assert at_chance == pytest.approx(math.log(4 + 2))
    # The one other window of clip 0 is window 0 of clip 1: if it resembles clip 0's audio, the loss rises.
    face = torch.zeros(2, 4, 4)
    face[1, 0] = torch.ones(4) / 2
    sound = torch.zeros(2, 4, 4)
    sound[0] = torch.ones(4) / 2
    loss = window_contrast(sound, face, torch.tensor(1.0), 1.0, other_clips=1).item()
    faces = (math.log(4 + math.e) + math.log(5)) / 2  # of the audio of both clips, among 5 faces
    sounds = (math.log(5) + (math.log(4 + math.e) + 3 * math.log(5)) / 4) / 2
    assert loss == pytest.approx((faces + sounds) / 2)


def test_a_fifth_of_the_negatives_comes_from_other_clips():
    loss = WindowContrast(within=1.0, other_share=0.2)
    assert loss.chance(4, 9) == pytest.approx(math.log(9 + 2))  # 8 own negatives and 2 others
    with torch.no_grad():
        loss.log_scale.fill_(-100.0)
    assert loss(unit(4, 9, 8), unit(4, 9, 8)).item() == pytest.approx(math.log(11))
    assert WindowContrast(other_share=0.2).chance(1, 9) == WindowContrast().chance(1, 9)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_of_all_negatives_is_refused(share):
    with pytest.raises(ValueError, match="other_share must be at least 0 and below 1, not"):
        WindowContrast(other_share=share)
