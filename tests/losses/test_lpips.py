import pytest
import torch
import torchvision

from wav2lip.losses import LPIPSLoss


def faces(noise=0.0):
    generator = torch.Generator().manual_seed(0)
    smooth = torch.nn.functional.interpolate(
        torch.rand(10, 3, 6, 6, generator=generator), size=48, mode="bicubic"
    ).clamp(0, 1)
    noisy = (smooth + noise * torch.randn(smooth.shape, generator=generator)).clamp(0, 1)
    return noisy.unflatten(0, (2, 5)).transpose(1, 2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """AlexNet with random weights, as torchvision saves it."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "alexnet-owt-0.pth"
    torch.save(torchvision.models.alexnet().state_dict(), path)
    return str(path)


def test_lpips_uses_the_given_weights_and_has_a_gradient(weights):
    loss = LPIPSLoss(weights)
    state = torch.load(weights, weights_only=True)
    assert torch.equal(loss.network.net.slice2[1].weight, state["features.3.weight"])
    real = faces()
    assert loss(real, real).item() == 0
    near = loss(faces(noise=0.05), real)
    far = loss(faces(noise=0.2), real)
    assert 0 < near < far
    generated = faces(noise=0.2).requires_grad_()
    loss(generated, real).backward()
    assert generated.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in loss.parameters())
