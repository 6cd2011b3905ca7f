"""A generator in int8, calibrated on a video and measured against float32."""

from pathlib import Path

import numpy as np
import pytest

from wav2lip.checkpoints import load_network
from wav2lip.checkpoints.exported import load_exported
from wav2lip.cli.export_int8 import export_int8
from wav2lip.engines import build_engine
from wav2lip.errors import InputError
from wav2lip.evaluation import precision_gate
from wav2lip.inference.lip_syncer import LipSyncer

pytest.importorskip("onnx")
DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    video = tmp_path_factory.mktemp("int8") / "talk.mp4"
    LipSyncer.from_checkpoint("default", "cpu")(DATA / "astronaut.jpg", DATA / "speech.wav", video)
    return video


@pytest.mark.slow
def test_a_file_that_passes_is_smaller_and_near_to_float(talk, tmp_path, capsys):
    loaded = load_network("default", "generator")
    export_int8(loaded, [talk], tmp_path / "int8.onnx")
    first, second, third, fourth = capsys.readouterr().out.splitlines()
    assert first.startswith("inpaint: ")
    assert "dB, in float: " in first
    assert second.startswith("LSE-C by bundled:judge: float32 ")
    assert third.startswith("LipLeak: float32 0.000 (0.000 to 0.000), int8 0.000")
    assert fourth == "pause motion: not measured, no video has a pause of 0.6 s"
    network = load_exported(tmp_path / "int8.onnx", "generator")
    assert network.precision == "int8"
    engine, _ = build_engine(network, "onnxruntime", device="cpu")
    exact, _ = build_engine(loaded, "torch", device="cpu")
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (2, 7, 72, 96, 3), np.uint8)
    masks = [rng.random((2, n, 72, 96), np.float32) for n in (6, 2)]
    weights = engine.inpaint(colours, *masks)[0]
    other = exact.inpaint(colours, *masks)[0]
    assert 0 < np.abs(weights - other).mean() < 0.05


@pytest.mark.slow
def test_a_file_that_loses_sync_is_refused(talk, tmp_path, monkeypatch):
    monkeypatch.setattr(precision_gate, "MAX_LOSS", -10)
    with pytest.raises(InputError, match=r"int8 is refused, since LSE-C falls from \d\.\d{3} to"):
        export_int8(load_network("default", "generator"), [talk], tmp_path / "int8.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_judge_is_not_quantized(talk, tmp_path):
    with pytest.raises(InputError, match="only generators are quantized to int8; choose fp16"):
        export_int8(load_network("bundled:judge"), [talk], tmp_path / "int8.onnx")
