import json
from pathlib import Path

import numpy as np
import pytest
from networks import seeded

from wav2lip.checkpoints import build_network, load_network, save_network
from wav2lip.checkpoints.export import export_network
from wav2lip.checkpoints.exported import load_exported, parts_of
from wav2lip.checkpoints.open import is_onnx, open_checkpoint
from wav2lip.errors import InputError
from wav2lip.utils.onnx import runtime

onnx = pytest.importorskip("onnx")
MESH = {
    "_target_": "wav2lip.models.MeshGenerator", "inpainter_width": 0.25, "width": 8, "stacks": 1,
    "dilations": [1], "components": 3, "lookahead_ms": 100,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("exported")
    metadata = {"fps": 25, "expert_id": "seed 1, clips 52da717f", "step": 9}
    save_network(folder / "mesh.safetensors", seeded(build_network(MESH)), MESH, metadata)
    for precision in ("fp32", "fp16"):
        export_network(
            folder / "mesh.safetensors", folder / f"{precision}.onnx", precision=precision
        )
    return folder


def test_the_file_says_what_the_checkpoint_says(folder):
    source = load_network(folder / "mesh.safetensors")
    network = open_checkpoint(folder / "fp32.onnx", "generator")
    assert network.config == source.config
    assert network.metadata == source.metadata
    assert (network.kind, network.precision) == ("generator", "fp32")
    assert network.reach == (2, 2)
    np.testing.assert_array_equal(network.arrays["basis"], source.network.motion.basis)
    np.testing.assert_array_equal(network.arrays["vertices"], [7] * 205)


def test_any_tool_reads_it_as_one_graph(folder):
    model = onnx.load(folder / "fp32.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [v.name for v in model.graph.input] == ["mel", "colours", "inside", "shape"]
    assert [v.name for v in model.graph.output] == ["motion", "weights", "colour"]
    assert model.graph.input[1].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert {node.domain for node in model.graph.node} == {""}


def test_fp16_halves_the_weights_and_keeps_50_db(folder):
    sizes = [(folder / f"{p}.onnx").stat().st_size for p in ("fp32", "fp16")]
    assert sizes[1] < 0.7 * sizes[0]
    rng = np.random.default_rng(0)
    feed = {
        "colours": rng.integers(0, 256, (2, 7, 72, 96, 3), np.uint8),
        "inside": rng.random((2, 6, 72, 96), np.float32),
        "shape": rng.random((2, 2, 72, 96), np.float32),
    }
    colours = []
    for precision in ("fp32", "fp16"):
        part, _, _ = load_exported(folder / f"{precision}.onnx").part("inpaint")
        session = runtime().InferenceSession(part, providers=["CPUExecutionProvider"])
        colours.append(session.run(["colour"], feed)[0])
    error = np.mean((colours[0] - colours[1]) ** 2)
    assert 0 < error < 1e-5


def edited(folder, name, change):
    model = onnx.load(folder / "fp32.onnx")
    entry = json.loads(model.metadata_props[0].value)
    change(model, entry)
    if model.metadata_props:
        model.metadata_props[0].value = json.dumps(entry)
    onnx.save(model, folder / name)
    return folder / name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m, e: m.opset_import[0].__setattr__("version", 21), "is of opset 21, not 17; export it again"),
        (lambda m, e: m.metadata_props.pop(), "is an ONNX model that `wav2lip export` did not write"),
        (lambda m, e: e.update(version=2), "its entry `wav2lip` is of version 2, not 1; export it again"),
        (lambda m, e: e.update(config={"_target_": "os.system"}), "_target_ 'os.system' is refused"),
        (lambda m, e: e["metadata"].update(fps=-1), "fps must be a number from 1 to 240, not -1"),
        (lambda m, e: e["arrays"]["basis"].update(shape=[2, 205, 3]), "`wav2lip` cannot reshape"),
        (lambda m, e: e["arrays"]["vertices"].update(dtype="object"), "holds a 'object' array where int64"),
        (lambda m, e: e.pop("reach"), "its entry `wav2lip` is not our JSON; export it again"),
        (lambda m, e: m.graph.output.pop(), "lacks a part of its network"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_ours_is_one_line(folder, change, message):
    path = edited(folder, "edited.onnx", change)
    with pytest.raises(InputError) as caught:
        load_exported(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_one_line(folder):
    content = (folder / "fp32.onnx").read_bytes()
    path = folder / "cut.onnx"
    for share in (0.01, 0.5, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(InputError, match=r"cut\.onnx: is (truncated or damaged|an ONNX model)"):
            open_checkpoint(path)


def test_another_network_is_refused(folder):
    with pytest.raises(InputError, match=r"fp32\.onnx: holds a generator, not a sync expert"):
        open_checkpoint(folder / "fp32.onnx", "syncnet")
    with pytest.raises(InputError, match="a discriminator of mouths cannot be exported to ONNX"):
        parts_of({"_target_": "wav2lip.models.PatchDiscriminator"})


def test_the_content_decides_too(folder):
    named = folder / "model.bin"
    named.write_bytes((folder / "fp32.onnx").read_bytes())
    assert is_onnx(named)
    assert not is_onnx(folder / "mesh.safetensors")
    assert not is_onnx(folder / "gone.onnx")
    # A safetensors file begins with the length of its header, which may look like ONNX.
    header = b'{"__metadata__":{"wav2lip":"{}"}}'.ljust(0x108)
    (folder / "long").write_bytes(len(header).to_bytes(8, "little") + header)
    assert not is_onnx(folder / "long")
