import numpy as np
import pytest

from wav2lip.media.compression import compress


@pytest.fixture(scope="module")
def pictures():
    """Three pictures: a ramp to the right with fine noise."""
    ramp = np.linspace(20, 220, 64)[None, None, :, None]
    noise = np.random.default_rng(0).normal(0, 10, (3, 48, 64, 3))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


def test_a_lower_quality_differs_more(pictures):
    fine, coarse = (np.abs(compress(pictures, crf).astype(float) - pictures) for crf in (10, 45))
    assert fine.shape == (3, 48, 64, 3)
    assert fine.mean() < 0.8 * coarse.mean()
    assert coarse.mean() < 12


def test_odd_sides_are_kept(pictures):
    odd = pictures[:, :47, :63]
    made = compress(odd, 20)
    assert made.shape == odd.shape
    assert made.dtype == np.uint8
    assert np.abs(made.astype(float) - odd).mean() < 10


def test_colours_stay():
    grey = np.full((2, 32, 32, 3), 128, np.uint8)
    skin = np.full((2, 32, 32, 3), (120, 140, 200), np.uint8)
    assert (compress(grey, 20) == 128).all()
    assert np.abs(compress(skin, 20).astype(float) - skin).max() <= 2
