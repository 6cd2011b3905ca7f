from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from wav2lip.errors import InputError
from wav2lip.metrics.fid import InceptionFeatures
from wav2lip.metrics.frechet import frechet_distance


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
    network = InceptionFeatures(Colours())
    moments = []
    for faces in (real, fake):
        pixels = faces[..., ::-1].reshape(len(faces), -1, 3).astype(np.float64)
        features = np.concatenate((pixels.mean(1), pixels.std(1, ddof=1)), 1)
        moments.append((features.mean(0), np.cov(features.T)))
    (m1, c1), (m2, c2) = moments
    expected = ((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * linalg.sqrtm(c1 @ c2).real)
    assert frechet_distance(network(real), network(fake)) == pytest.approx(expected, rel=1e-4)


def test_the_inception_weights_come_from_a_file(tmp_path, monkeypatch):
    random = {}

    def load(network, state):
        random.update(state)
        return nn.Module.load_state_dict(network, {**network.state_dict(), **state})

    # The real file has 95 MB: a part of its state dict stands for it.
    monkeypatch.setattr(FeatureExtractorInceptionV3, "load_state_dict", load)
    torch.save({"fc.bias": torch.ones(1008)}, tmp_path / "inception.pth")
    network = InceptionFeatures(tmp_path / "inception.pth")
    assert random["fc.bias"].sum() == 1008
    faces = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    assert network(faces).shape == (2, 2048)


def test_wrong_weights_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.pth: no such file"):
        InceptionFeatures(tmp_path / "none.pth")
    for content in (b"", b"no weights"):
        (tmp_path / "other.pth").write_bytes(content)
        with pytest.raises(InputError, match=r"other\.pth: not the Inception weights of FID"):
            InceptionFeatures(tmp_path / "other.pth")
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: not the Inception weights of FID"):
        InceptionFeatures(tmp_path / "other.pth")


class Bomb:
    """Creates a file when unpickled by a reader that runs code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_no_code_in_the_weights_runs(tmp_path):
    torch.save({"fc.bias": Bomb(tmp_path / "ran")}, tmp_path / "bomb.pth")
    with pytest.raises(InputError, match=r"bomb\.pth: not the Inception weights of FID"):
        InceptionFeatures(tmp_path / "bomb.pth")
    assert not (tmp_path / "ran").exists()
