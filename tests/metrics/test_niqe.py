import cv2
import numpy as np
import pytest
from matplotlib.cbook import get_sample_data

from wav2lip.metrics.niqe import niqe, niqe_features


def picture():
    """Waves, texture of whole grey levels: the same on every machine."""
    y, x = np.mgrid[:288, :288]
    waves = 120 + 60 * np.sin(x / 7) * np.cos(y / 11) + 20 * np.sin(x * y / 900)
    texture = (x * 7919 + y * 104729) % 17 - 8
    return np.round(waves.astype(np.float32) + texture).clip(0, 255).astype(np.float32)


def test_features_are_those_of_scikit_video():
    # Patch (1, 1) of scikit-video 1.1.11: `get_patches_test_features`, with Pillow's bicubic resize.
    expected = [
        *(5.714, 0.999089, 1.017, -0.100468, 0.346413, 0.243541, 9.999, -0.08235, 0.3713, 0.200647),
        *(1.577, -0.072355, 0.344019, 0.344019, 1.193, -0.067409, 0.312538, 0.312538),
        *(
            1.482,
            0.323915,
            0.509,
            0.073891,
            0.000634,
            0.013889,
            0.506,
            0.071492,
            0.001526,
            0.014045,
        ),
        *(0.544, 0.066126, 0.002074, 0.002074, 0.53, 0.068587, 0.001934, 0.001934),
    ]
    assert niqe_features(picture())[4] == pytest.approx(expected, abs=1e-4)


def test_a_blurred_and_a_noisy_photograph_are_further_away():
    path = get_sample_data("grace_hopper.jpg", asfileobj=False)
    photograph = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[:576, :480].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 25, photograph.shape).astype(np.float32)
    clean, blurred, noisy = (
        niqe(niqe_features(np.asarray(image, np.float32)))
        for image in (
            photograph,
            cv2.GaussianBlur(photograph, (0, 0), 1),
            (photograph + noise).clip(0, 255),
        )
    )
    assert clean == pytest.approx(13.0, abs=0.1)
    assert blurred > clean + 3
    assert noisy > clean + 3


def test_it_grows_with_noise_and_with_a_blur_up_to_1_px_and_falls_beyond():
    path = get_sample_data("grace_hopper.jpg", asfileobj=False)
    photograph = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[:576, :480].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 1, photograph.shape).astype(np.float32)
    noisy = [niqe(niqe_features((photograph + k * noise).clip(0, 255))) for k in (10, 25, 60)]
    assert noisy == sorted(noisy)
    blurred = [
        niqe(niqe_features(np.asarray(cv2.GaussianBlur(photograph, (0, 0), sigma), np.float32)))
        for sigma in (0.4, 0.7, 1.0, 2.0)
    ]
    assert blurred[:3] == sorted(blurred[:3])
    assert blurred[3] < blurred[2]  # its blind spot; the sharpness ratio sees it


def test_what_has_no_value():
    assert np.isnan(niqe(np.zeros((1, 36))))
    with pytest.raises(ValueError, match="multiples of 96 px"):
        niqe_features(np.zeros((96, 100), np.float32))
    assert np.isfinite(niqe_features(np.zeros((96, 96), np.float32))).all()  # flat
