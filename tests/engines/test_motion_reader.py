import numpy as np
import pytest
import torch
from networks import seeded

from wav2lip.engines.mesh_engine import TorchMeshEngine
from wav2lip.engines.motion_reader import MotionReader
from wav2lip.media.alignment import MelArray, sample_motion
from wav2lip.models import MeshGenerator
from wav2lip.types import SILENCE


@pytest.fixture(scope="module")
def engine():
    network = seeded(
        MeshGenerator(0.25, width=8, stacks=1, dilations=(1, 2, 4), components=3, lookahead_ms=100)
    )
    return TorchMeshEngine(network)


def test_a_long_sound_in_blocks_gives_what_it_gives_at_once(engine):
    mel = np.random.default_rng(0).uniform(-4, 4, (80, 1200)).astype(np.float32)  # 15 s
    before, after = engine.reach
    assert (before, after) == (14, 2)
    padded = np.pad(mel, ((0, 0), (2 * before, 2 * after)), constant_values=SILENCE)
    whole = engine.motion(padded)[:, before:-after]
    times = np.arange(0, 15, 0.04)
    expected = sample_motion(whole, times)
    reader = MotionReader(MelArray(mel), engine)
    np.testing.assert_allclose(reader.at(times), expected, atol=1e-5)
    late_first = MotionReader(MelArray(mel), engine)
    for chosen in (times[-9:], times[100:103], times[:1]):
        where = np.searchsorted(times, chosen)
        np.testing.assert_allclose(late_first.at(chosen), expected[where], atol=1e-5)


def test_memory_is_bounded(engine):
    reader = MotionReader(MelArray(np.zeros((80, 20_000), np.float32)), engine)
    for second in range(0, 240, 3):
        assert reader.at([second]).shape == (1, 3)
    assert len(reader._kept) == 32


def test_the_network_itself_stays_as_it_is():
    network = MeshGenerator(0.25).train()
    engine = TorchMeshEngine(network)
    assert network.training
    assert torch.is_grad_enabled()
    assert any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    assert engine.basis.shape == (12, 205, 3)
