"""An exported judge embeds as the one of torch does."""

from pathlib import Path

import numpy as np
import pytest
from networks import seeded

from wav2lip.checkpoints import build_network
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.checkpoints.onnx_export import export_in_memory
from wav2lip.engines.choose import build_runtime
from wav2lip.engines.exported_encoder import ExportedEncoder
from wav2lip.metrics import ExpertJudge, SyncNetV2Judge

pytest.importorskip("onnx")
EXPERT = {"_target_": "wav2lip.models.SyncNet", "width": 0.125, "stem_stride": 2, "embedding": 16}
PCM = (np.sin(np.arange(12 * 640) / 9) * 9000).astype(np.int16)


def exported(config):
    network = seeded(build_network(config))
    loaded = LoadedNetwork(network, config, {}, "0" * 64, Path("judge.safetensors"))
    return network, export_in_memory(loaded)


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_an_expert(name):
    pytest.importorskip(name)
    network, file = exported(EXPERT)
    rng = np.random.default_rng(0)
    mels = rng.uniform(-4, 4, (6, 80, 16)).astype(np.float32)
    faces = rng.integers(0, 256, (12, 96, 96, 3), np.uint8)
    encoder = ExportedEncoder(file, build_runtime(name, "cpu", "auto"))
    judges = [ExpertJudge(one, lambda _, n: mels[:n], batch_size=4) for one in (network, encoder)]
    ours, theirs = (judge.embed(faces, PCM, 6) for judge in judges)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == (6, 16)
        np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.slow
def test_syncnet_v2():
    network, file = exported({"_target_": "wav2lip.models.SyncNetV2"})
    faces = np.random.default_rng(0).integers(0, 256, (8, 224, 224, 3), np.uint8)
    encoder = ExportedEncoder(file, build_runtime("onnxruntime", "cpu", "auto"))
    ours, theirs = (SyncNetV2Judge(one).embed(faces, PCM, 3) for one in (network, encoder))
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == (3, 1024)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * np.abs(a).max())
