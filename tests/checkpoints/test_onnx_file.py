import numpy as np
import pytest

from wav2lip.checkpoints.onnx_file import OnnxFile
from wav2lip.utils.onnx import runtime

onnx = pytest.importorskip("onnx")
FLOAT = 1


@pytest.fixture(scope="module")
def content():
    """Two networks that share a weight: sum = x + w, product = y * w, twice."""
    make = onnx.helper
    value = [make.make_tensor_value_info(n, FLOAT, ["n"]) for n in ("x", "y", "sum", "product")]
    nodes = [
        make.make_node("Add", ["x", "w"], ["sum"]),
        make.make_node("Mul", ["y", "w"], ["half"]),
        make.make_node("Mul", ["half", "two"], ["product"]),
    ]
    weights = [
        onnx.numpy_helper.from_array(np.float32([300]), "w"),
        onnx.numpy_helper.from_array(np.float32([2]), "two"),
    ]
    graph = make.make_graph(nodes, "g", value[:2], value[2:], weights)
    opset = [make.make_opsetid("ai.onnx.ml", 3), make.make_opsetid("", 17)]
    model = make.make_model(graph, opset_imports=opset, ir_version=8)
    make.set_model_props(model, {"name": "wert ü", "long": "x" * 300})
    return model.SerializeToString()


def test_the_outline(content):
    file = OnnxFile(content)
    assert file.opset == 17
    assert file.properties == {"name": "wert ü", "long": "x" * 300}
    assert (file.inputs, file.outputs) == (["x", "y"], ["sum", "product"])


def test_a_part_runs_alone(content):
    file = OnnxFile(content)
    for output, name, expected in (("sum", "x", [301, 303]), ("product", "y", [600, 1800])):
        part = file.cut([output])
        onnx.checker.check_model(onnx.load_model_from_string(part))
        session = runtime().InferenceSession(part, providers=["CPUExecutionProvider"])
        assert [i.name for i in session.get_inputs()] == [name]
        (result,) = session.run(None, {name: np.float32([1, 3])})
        assert result.tolist() == expected
    assert b"two" not in file.cut(["sum"])
    with pytest.raises(ValueError, match="has no output 'quotient'"):
        file.cut(["quotient"])


def test_the_weights(content):
    assert {name: w.tolist() for name, w in OnnxFile(content).weights().items()} == {
        "w": [300],
        "two": [2],
    }
    packed = onnx.load_model_from_string(content)
    half = np.arange(6, dtype=np.float16).reshape(2, 3)
    packed.graph.initializer.append(onnx.numpy_helper.from_array(half, "half"))
    packed.graph.initializer.append(onnx.numpy_helper.from_array(np.int64([7]), "shape"))
    found = OnnxFile(packed.SerializeToString()).weights()
    assert set(found) == {"w", "two", "half"}
    np.testing.assert_array_equal(found["half"], half)


def test_a_truncated_file_is_noticed_at_every_byte(content):
    for size in range(1, len(content)):
        try:
            file = OnnxFile(content[:size])
        except ValueError:
            continue
        assert file.properties != OnnxFile(content).properties  # it ends between two fields


@pytest.mark.parametrize("junk", [b"\x08" + b"\xff" * 12, b"\x0b\x01", b"\x3a\xff\xff\xff\xff\x7f"])
def test_junk_is_refused(junk):
    with pytest.raises(ValueError, match=r"ends within|unknown type"):
        OnnxFile(junk)
