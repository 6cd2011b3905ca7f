import pytest
import torch

from wav2lip.models import MouthEncoder


def test_codes_are_centred_in_each_clip_and_of_variance_one():
    encoder = MouthEncoder(image_size=96, code=16)
    codes = encoder(torch.rand(4, 8, 3, 48, 96))
    assert codes.shape == (4, 8, 16)
    assert codes.mean(dim=1).abs().max() < 1e-4
    variance = codes.flatten(0, 1).var(dim=0, unbiased=False)
    assert torch.allclose(variance, torch.ones(16), atol=0.01)


def test_what_is_constant_within_a_clip_cancels():
    encoder = MouthEncoder(image_size=96).eval()
    lips = torch.rand(1, 1, 3, 48, 96).expand(1, 5, 3, 48, 96)
    assert encoder(lips).abs().max() < 1e-4


def test_parameters_and_sizes():
    assert sum(p.numel() for p in MouthEncoder().parameters()) == 82_600
    assert MouthEncoder(48, 8, (16, 32))(torch.rand(2, 3, 3, 24, 48)).shape == (2, 3, 8)
    with pytest.raises(ValueError, match="multiple of 32"):
        MouthEncoder(48)
