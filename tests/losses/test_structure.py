import numpy as np
import pytest
import torch
import torchvision
from scipy.ndimage import gaussian_filter

from wav2lip.errors import InputError
from wav2lip.losses import LPIPSLoss, SSIMLoss


def faces(seed, noise=0.0):
    generator = torch.Generator().manual_seed(seed)
    smooth = torch.nn.functional.interpolate(
        torch.rand(2 * 5, 3, 6, 6, generator=generator), size=48, mode="bicubic"
    ).clamp(0, 1)
    noisy = (smooth + noise * torch.randn(smooth.shape, generator=generator)).clamp(0, 1)
    return noisy.unflatten(0, (2, 5)).transpose(1, 2)


def reference_ssim(x, y):
    """Wang et al. 2004, eq. 13, of one channel, with borders mirrored."""

    def smooth(picture):
        return gaussian_filter(picture, 1.5, truncate=3.5, mode="mirror")

    mean_x, mean_y = smooth(x), smooth(y)
    var_x, var_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    both = smooth(x * y) - mean_x * mean_y
    top = (2 * mean_x * mean_y + 0.01**2) * (2 * both + 0.03**2)
    return top / ((mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2))


def test_ssim_equals_an_independent_one():
    real, other = faces(0), faces(0, noise=0.1)
    assert SSIMLoss()(real, real).item() == pytest.approx(0, abs=1e-5)
    channels = zip(
        real.double().numpy().reshape(-1, 48, 48),
        other.double().numpy().reshape(-1, 48, 48),
        strict=True,
    )
    expected = np.mean([reference_ssim(x, y) for x, y in channels])
    assert SSIMLoss()(other, real).item() == pytest.approx(1 - expected, abs=1e-3)


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
    real = faces(0)
    assert loss(real, real).item() == 0
    near = loss(faces(0, noise=0.05), real)
    far = loss(faces(0, noise=0.2), real)
    assert 0 < near < far
    generated = faces(0, noise=0.2).requires_grad_()
    loss(generated, real).backward()
    assert generated.grad.abs().sum() > 0
    assert not any(p.requires_grad for p in loss.parameters())


def test_files_that_are_not_its_weights_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no\.pth: no such file"):
        LPIPSLoss(str(tmp_path / "no.pth"))
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: is neither AlexNet nor VGG-16"):
        LPIPSLoss(str(tmp_path / "other.pth"))
    (tmp_path / "text.pth").write_text("text")
    with pytest.raises(InputError, match=r"text\.pth: cannot be read as weights"):
        LPIPSLoss(str(tmp_path / "text.pth"))
