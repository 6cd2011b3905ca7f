from pathlib import Path

import numpy as np
import pytest
import torch
import torchmetrics.functional.image.lpips as published
from torchvision.models import alexnet

from wav2lip.errors import InputError
from wav2lip.metrics.lpips import Lpips


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """AlexNet with random weights, and its file."""
    torch.manual_seed(0)
    network = alexnet(weights=None).features.eval()
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save({f"features.{key}": value for key, value in network.state_dict().items()}, path)
    return network, path


def by_definition(network, one, other):
    """Zhang et al., eq. 1, with the layers' weights that come with torchmetrics."""
    linear = torch.load(
        Path(published.__file__).parent / "lpips_models" / "alex.pth", "cpu", weights_only=True
    )
    shift, scale = (
        torch.tensor(v)[:, None, None] for v in ((-0.03, -0.088, -0.188), (0.458, 0.448, 0.45))
    )
    sides = [(2 * x - 1 - shift) / scale for x in (one, other)]
    total = 0.0
    for number, layer in enumerate(network):
        sides = [layer(x) for x in sides]
        if number in (1, 4, 7, 9, 11):
            k = (1, 4, 7, 9, 11).index(number)
            a, b = (x / torch.sqrt((x**2).sum(1, keepdim=True) + 1e-8) for x in sides)
            weights = linear[f"lin{k}.model.1.weight"].flatten()
            total = total + (((a - b) ** 2).permute(0, 2, 3, 1) @ weights).mean((1, 2))
    return float(total.mean())


def test_agrees_with_the_definition_and_grows_with_the_difference(backbone):
    network, path = backbone
    rng = np.random.default_rng(0)
    faces = rng.integers(60, 200, (3, 96, 96, 3), dtype=np.uint8)
    noise = rng.normal(0, 1, faces.shape)
    metric = Lpips(path)
    values = []
    for amount in (0, 8, 40):
        changed = (faces + amount * noise).clip(0, 255).astype(np.uint8)
        values.append(metric(changed, faces))
        one, other = (
            torch.from_numpy(x[..., ::-1].transpose(0, 3, 1, 2) / np.float32(255))
            for x in (changed, faces)
        )
        with torch.no_grad():
            assert values[-1] == pytest.approx(
                by_definition(network, one, other), rel=1e-4, abs=1e-9
            )
    assert values[0] == 0
    assert values[0] < values[1] < values[2]


def test_wrong_weights_and_shapes_are_refused(backbone, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth: is not .*; give torchvision's alexnet-owt"):
        Lpips(tmp_path / "other.pth")
    metric = Lpips(backbone[1])
    faces = np.zeros((2, 96, 96, 3), np.uint8)
    assert np.isnan(metric(faces[:0], faces[:0]))
    with pytest.raises(ValueError, match="differ in shape"):
        metric(faces, faces[:1])
