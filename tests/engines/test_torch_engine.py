from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from wav2lip.engines import TorchEngine
from wav2lip.models import Generator
from wav2lip.types import SILENCE

Maps = Callable[[Tensor, Tensor], Tensor]


def test_the_network_itself_stays_as_it_is() -> None:
    network = Generator(width=0.0625).train()
    engine = TorchEngine(network)
    assert network.training
    assert any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in engine.network.modules())
    assert (engine.image_size, engine.warps, engine.max_batch) == (96, False, 8)


def test_a_network_that_does_not_warp_renders_the_whole_face() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48).eval()
    crops = list(np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8))
    mels = np.zeros((3, 80, 16), np.float32)
    faces = TorchEngine(network).render(crops, mels)
    real = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2) / 255
    masked = real.clone()
    masked[:, :, 24:] = 0
    with torch.inference_mode():
        expected = network(torch.zeros(3, 1, 80, 16), torch.cat([masked, real], dim=1))
    for face, other in zip(faces, 255 * expected.permute(0, 2, 3, 1), strict=True):
        assert np.abs(face - other.numpy()).max() < 0.51


def test_a_face_is_neutralized_before_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    last = network.output_block[1]
    assert isinstance(last, nn.Conv2d)
    torch.nn.init.normal_(last.weight, std=0.5)  # untrained, it hardly moves anything
    crops = [np.full((48, 48, 3), level, np.uint8) for level in (60, 120)]
    crops[0][30:36, 15:30] = 200
    mels = np.random.default_rng(0).normal(size=(2, 80, 16)).astype(np.float32)
    silence = np.full_like(mels, SILENCE)
    engine = TorchEngine(network)

    def direct(images: list[np.ndarray], windows: np.ndarray) -> list[np.ndarray]:
        return engine.render(images, windows, neutral_reference=False)

    in_turn = direct(direct(crops, silence), mels)
    rendered = engine.render(crops, mels)
    for face, expected, other in zip(rendered, in_turn, direct(crops, mels), strict=True):
        inner = np.s_[24:47, 1:47]
        apart = np.abs(face.astype(int) - expected)[inner].mean()
        assert 2 * apart < np.abs(face.astype(int) - other)[inner].mean()

    batches: list[int] = []

    def spy(code: Tensor, face: Tensor, maps: Maps = engine.network.maps) -> Tensor:
        batches.append(len(face))
        return maps(code, face)

    monkeypatch.setattr(engine.network, "maps", spy)
    still = engine.render([crops[0]] * 2, mels)
    engine.render(crops, mels)
    assert batches == [1, 2, 2, 2]  # the face of a still is neutralized once
    assert np.abs(still[0].astype(int) - rendered[0]).max() <= 1


def test_faces_of_several_sizes_come_back_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    engine = TorchEngine(Generator(width=0.0625, image_size=48, warp=True))
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (size, size, 3), np.uint8) for size in (48, 96, 48, 144, 96)]
    mels = rng.normal(size=(5, 80, 16)).astype(np.float32)
    one_by_one = engine.render(crops, mels)
    monkeypatch.setattr(engine, "on_cpu", False)  # as a GPU sends them: those of one size together
    together = engine.render(crops, mels)
    for first, second in zip(one_by_one, together, strict=True):
        assert np.array_equal(first, second)


def test_a_neutralized_face_keeps_the_resolution_of_its_source_too() -> None:
    torch.manual_seed(0)
    network = Generator(width=0.0625, image_size=48, warp=True).eval()
    rng = np.random.default_rng(0)
    coarse = rng.integers(60, 200, (9, 9, 3), np.uint8)
    large = np.asarray(cv2.resize(coarse, (144, 144), interpolation=cv2.INTER_CUBIC), np.uint8)
    small = np.asarray(cv2.resize(large, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)
    mels = np.zeros((1, 80, 16), np.float32)
    engine = TorchEngine(network)
    (detailed,), (plain,) = engine.render([large], mels), engine.render([small], mels)
    assert detailed.shape == (144, 144, 3)
    back = cv2.resize(detailed, (48, 48), interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(back - plain)[24:].mean() < 2
    assert np.abs(detailed.astype(float) - large)[72:].mean() > 0.5  # it is another picture
