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
