import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from wav2lip.losses import SSIMLoss


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
