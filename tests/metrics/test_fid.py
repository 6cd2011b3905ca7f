from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import nn

from wav2lip.errors import InputError
from wav2lip.metrics.fid import FaceFID


class Colours(nn.Module):
    """A stand-in for Inception: mean and spread of each colour."""

    num_features = 6

    def forward(self, images):
        pixels = images.float().flatten(2)
        return torch.cat((pixels.mean(2), pixels.std(2)), 1)


def test_fid_agrees_with_a_matrix_square_root():
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    fake = rng.integers(0, 200, (50, 16, 16, 3), dtype=np.uint8)
    metric = FaceFID(Colours())
    metric.update(real, real=True)
    metric.update(fake, real=False)
    moments = []
    for faces in (real, fake):
        pixels = faces[..., ::-1].reshape(len(faces), -1, 3).astype(np.float64)
        features = np.concatenate((pixels.mean(1), pixels.std(1, ddof=1)), 1)
        moments.append((features.mean(0), np.cov(features.T)))
    (m1, c1), (m2, c2) = moments
    expected = ((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * linalg.sqrtm(c1 @ c2).real)
    assert float(metric.compute()) == pytest.approx(expected, rel=1e-4)


def test_fid_without_its_weights_says_so(tmp_path):
    with pytest.raises(InputError, match=r"none\.pth: no such file"):
        FaceFID(Path(tmp_path / "none.pth"))
