import numpy as np
import pytest
import torch
from torch import nn

from wav2lip.checkpoints.onnx_export import _trace
from wav2lip.checkpoints.onnx_int8 import Quantizer, layer_of, psnr, quantize
from wav2lip.checkpoints.onnx_parts import Part
from wav2lip.utils.onnx import runtime

pytest.importorskip("onnx")


class Wrapper(nn.Module):
    """Two layers; the range of the second is far wider in one channel, which int8 loses most on."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.ModuleDict(
            {"easy": nn.Conv2d(3, 8, 3, padding=1), "hard": nn.Conv2d(8, 3, 1)}
        )

    def forward(self, pictures):
        maps = torch.relu(self.network["easy"](pictures))
        scale = torch.tensor([1.0, 1, 1, 1, 1, 1, 1, 200])[:, None, None]
        return self.network["hard"](maps * scale)


def run(model: bytes, feed):
    session = runtime().InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, feed)[0]


@pytest.fixture(scope="module")
def part():
    torch.manual_seed(0)
    module = Wrapper().eval()
    with torch.no_grad():
        module.network["hard"].weight[:, 7] = 0
        return _trace(Part(module, (torch.rand(2, 3, 8, 8),), {}), ["pictures"], ["maps"])


def test_layers_that_lose_most_stay_float(part):
    rng = np.random.default_rng(0)
    feeds = [{"pictures": rng.random((2, 3, 8, 8), np.float32)} for _ in range(6)]
    quantizer = Quantizer(part, feeds[:4])
    assert quantizer.layers == ["easy", "hard"]
    exact = [run(part.SerializeToString(), feed) for feed in feeds[4:]]
    measured = []

    def quality(model: bytes) -> float:
        errors = [run(model, f) - x for f, x in zip(feeds[4:], exact, strict=True)]
        measured.append(psnr(np.stack(errors)))
        return measured[-1]

    found = quantize(quantizer, quality, 45)
    assert found.all_int8 == measured[0] < 45
    assert list(found.kept) == ["hard"]
    assert found.quality >= 45
    assert set(found.gains) == {"easy", "hard"}
    operators = [node.op_type for node in found.model.graph.node]
    assert operators.count("Conv") == 2
    assert "QuantizeLinear" in operators
    easy = quantize(quantizer, quality, 5)  # all int8 is good enough
    assert (easy.kept, easy.gains, easy.quality) == ({}, {}, easy.all_int8)


def test_the_measure_and_the_groups():
    assert psnr(np.full((4, 4), 0.01)) == pytest.approx(40)
    assert psnr(np.zeros(3)) == 99
    assert layer_of("/network/up.1/up.1.0/Conv") == "up.1.0"
    assert layer_of("Conv_3") == ""
