import math

import numpy as np
import pytest
from scipy import ndimage

from wav2lip.metrics import image, ms_ssim, psnr, ssim


def pair(noise: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    target = ndimage.gaussian_filter(rng.uniform(0, 255, (3, 96, 96, 3)), (0, 2, 2, 0)) * 4 - 380
    target = target.clip(0, 255).astype(np.uint8)
    generated = (target + rng.normal(0, noise, target.shape)).clip(0, 255).astype(np.uint8)
    return generated, target


def similarity(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps of (H,W) pictures in [0, 1] by scipy: SSIM, contrast-structure away from edges."""

    def mean(x):
        return ndimage.gaussian_filter(x, 1.5, truncate=3.5, mode="mirror")

    ma, mb = mean(a), mean(b)
    va, vb, vab = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
    structure = (2 * vab + 0.03**2) / (va + vb + 0.03**2)
    whole = (2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2) * structure
    return whole, structure[5:-5, 5:-5]


def planes(faces: np.ndarray) -> np.ndarray:
    return faces[:, 48:, 24:72].transpose(0, 3, 1, 2).astype(np.float64) / 255


def test_psnr_is_that_of_the_mouth_alone():
    generated, target = pair()
    error = ((planes(generated) - planes(target)) ** 2).mean()
    assert psnr(generated, target) == pytest.approx(-10 * np.log10(error), rel=1e-5)
    outside = target.copy()
    outside[:, :48] = 0
    assert math.isinf(psnr(outside, target))


def test_ssim_agrees_with_scipy():
    generated, target = pair()
    maps = [
        similarity(a, b)[0].mean()
        for frame, truth in zip(planes(generated), planes(target), strict=True)
        for a, b in zip(frame, truth, strict=True)
    ]
    assert ssim(generated, target) == pytest.approx(np.mean(maps), abs=1e-4)


def test_ms_ssim_is_a_weighted_product_over_three_scales():
    generated, target = pair()
    powers = np.array([0.0448, 0.2856, 0.3001]) / 0.6305
    one, two = planes(generated), planes(target)
    value = np.ones(3)
    for scale, power in enumerate(powers):
        for frame in range(3):
            parts = [
                similarity(a, b)[0 if scale == 2 else 1].mean()
                for a, b in zip(one[frame], two[frame], strict=True)
            ]
            value[frame] *= np.mean(parts) ** power
        half = [x.reshape(3, 3, x.shape[2] // 2, 2, -1, 2).mean((3, 5)) for x in (one, two)]
        one, two = half
    assert ms_ssim(generated, target) == pytest.approx(value.mean(), abs=1e-4)


def test_a_long_clip_is_measured_in_parts(monkeypatch):
    generated, target = pair()
    whole = ssim(generated, target), ms_ssim(generated, target)
    monkeypatch.setattr(image, "BATCH", 2)  # three frames: two and one
    assert (ssim(generated, target), ms_ssim(generated, target)) == pytest.approx(whole, abs=1e-6)


def test_all_fall_with_noise():
    for score in (psnr, ssim, ms_ssim):
        values = [score(*pair(noise)) for noise in (4.0, 12.0, 40.0)]
        assert values[0] > values[1] > values[2]
    with pytest.raises(ValueError, match="shape"):
        psnr(pair()[0][:2], pair()[1])
