"""Every engine gives what torch gives."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import seeded

import wav2lip
from wav2lip.checkpoints import build_network
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.checkpoints.onnx_export import export_in_memory
from wav2lip.checkpoints.onnx_file import OnnxFile
from wav2lip.engines import TorchEngine, TorchMeshEngine, build_engine
from wav2lip.engines.choose import build_runtime
from wav2lip.engines.exported_engine import load_part
from wav2lip.errors import InputError

pytest.importorskip("onnx")
MODELS = "wav2lip.models."
ASSETS = Path(wav2lip.__file__).parent / "assets"
MESH = {
    "_target_": MODELS + "MeshGenerator", "inpainter_width": 0.25, "width": 8, "stacks": 1,
    "dilations": [1, 2], "components": 3, "lookahead_ms": 100,
}  # fmt: skip
PLAIN = {"_target_": MODELS + "Generator", "width": 0.0625, "image_size": 48}
WARP = {**PLAIN, "warp": True, "fold": 2, "image_size": 96, "width": 0.125}
GOLDEN_MOTION = [-6.44384, -6.98493, 20.82617]
GOLDEN_ROW = [128, 132, 124]
METADATA = {"image_size": 96, "mel_offset_frames": 0, "fps": 25, "face_crop": "s3fd"}


def loaded(config):
    network = seeded(build_network(config))
    if config is MESH:
        network.motion.vertices.copy_(torch.arange(205))
        network.motion.gain.fill_(100)
    metadata = {**METADATA, "image_size": network.image_size}
    return LoadedNetwork(network, config, metadata, "0" * 64, Path("x.safetensors"))


@pytest.fixture(scope="module")
def exported():
    made = {}
    for name, config in (("mesh", MESH), ("plain", PLAIN), ("warp", WARP)):
        source = loaded(config)
        made[name] = source, export_in_memory(source)
    return made


@pytest.fixture(params=["onnxruntime", "openvino"])
def engine(request):
    pytest.importorskip(request.param)
    return request.param


def test_a_mesh_generator(exported, engine):
    source, network = exported["mesh"]
    ours, warnings = build_engine(network, engine, device="cpu")
    torchs = TorchMeshEngine(source.network)
    assert warnings == []
    assert ours.description.startswith(engine + " ")
    assert ours.description.endswith(", fp32")
    assert (ours.reach, ours.max_batch, ours.on_cpu) == (torchs.reach, 4, True)
    np.testing.assert_array_equal(ours.vertices, torchs.vertices)
    np.testing.assert_array_equal(ours.basis, torchs.basis)
    rng = np.random.default_rng(0)
    for columns in (64, 75):
        mel = rng.uniform(-4, 4, (80, columns)).astype(np.float32)
        motion = ours.motion(mel)
        assert motion.shape == (3, -(-columns // 2))
        np.testing.assert_allclose(motion, torchs.motion(mel), atol=1e-4)
    for batch in (1, 3):
        colours = rng.integers(0, 256, (batch, 7, 72, 96, 3), np.uint8)
        colours[0, 4] = 0  # an exemplar that is missing
        masks = [rng.random((batch, n, 72, 96), np.float32) for n in (6, 2)]
        for a, b in zip(
            ours.inpaint(colours, *masks), torchs.inpaint(colours, *masks), strict=True
        ):
            assert a.dtype == np.float32
            np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_damaged_part_is_one_line(exported, engine):
    data = bytearray((ASSETS / "wav2lip.onnx").read_bytes())
    name = OnnxFile(bytes(data)).inputs[0].encode()
    data[data.index(name)] = 0xFF  # in the first node that reads it; no UTF-8
    broken = replace(exported["mesh"][1], file=OnnxFile(bytes(data)))
    with pytest.raises(InputError, match=r"x\.safetensors: .*export it again"):
        load_part(broken, build_runtime(engine, "cpu", "auto"), "motion")


def test_the_golden_numbers(exported, engine):
    ours, _ = build_engine(exported["mesh"][1], engine, device="cpu")
    motion = ours.motion(np.full((80, 8), -1.0, np.float32))
    np.testing.assert_allclose(motion[:, 2], GOLDEN_MOTION, atol=1e-4)
    plain, _ = build_engine(exported["plain"][1], engine, device="cpu")
    crop = np.full((48, 48, 3), 90, np.uint8)
    (face,) = plain.render([crop], np.zeros((1, 80, 16), np.float32))
    assert np.abs(face[24].mean(0) - GOLDEN_ROW).max() < 0.6


def test_faces_of_a_network_that_does_not_warp(exported, engine):
    source, network = exported["plain"]
    ours, _ = build_engine(network, engine, device="cpu")
    rng = np.random.default_rng(0)
    crops = list(rng.integers(0, 256, (3, 48, 48, 3), np.uint8))
    mels = rng.normal(size=(3, 80, 16)).astype(np.float32)
    assert (ours.warps, ours.image_size) == (False, 48)
    faces = ours.render(crops, mels)
    for face, other in zip(faces, TorchEngine(source.network).render(crops, mels), strict=True):
        assert np.abs(face.astype(int) - other).max() <= 1
        assert face.std() > 1


@pytest.mark.parametrize("neutral_reference", [True, False])
def test_faces_of_a_network_that_warps(exported, engine, neutral_reference):
    source, network = exported["warp"]
    ours, _ = build_engine(network, engine, device="cpu")
    rng = np.random.default_rng(0)
    crops = [rng.integers(0, 256, (side, side, 3), np.uint8) for side in (192, 96, 288, 192)]
    mels = rng.normal(size=(4, 80, 16)).astype(np.float32)
    torchs = TorchEngine(source.network)
    for chosen in (crops, [crops[0]] * 4):  # the face of a still is neutralized once
        expected = torchs.render(chosen, mels, neutral_reference=neutral_reference)
        faces = ours.render(chosen, mels, neutral_reference=neutral_reference)
        for crop, face, other in zip(chosen, faces, expected, strict=True):
            assert face.shape == crop.shape
            assert np.abs(face.astype(int) - other).max() <= 1
            assert np.abs(face.astype(int) - crop).mean() > 1
