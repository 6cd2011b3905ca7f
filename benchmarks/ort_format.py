"""Read networks in ONNX Runtime's own format (.ort) as ONNX."""

import importlib
import sys
from typing import Any

import onnx
from onnx import TensorProto, helper

TENSOR, FLOATS, INTS = 4, 6, 7  # kinds of attributes
SCHEMA = "onnxruntime.tools.ort_format_model.ort_flatbuffers_py.fbs"


def text(value: bytes | None) -> str:
    return value.decode() if value else ""


def read_tensor(entry: Any, name: str = "") -> TensorProto:
    """Read a tensor of the format."""
    data = entry.RawDataAsNumpy()
    return TensorProto(
        name=name or text(entry.Name()),
        dims=[entry.Dims(k) for k in range(entry.DimsLength())],
        data_type=entry.DataType(),
        raw_data=b"" if isinstance(data, int) else data.tobytes(),
    )


def read_attribute(entry: Any) -> Any:
    """Read the value of an attribute: a tensor, numbers, a number or a text."""
    kind = entry.Type()
    if kind == TENSOR:
        return read_tensor(entry.T())
    if kind == FLOATS:
        return [entry.Floats(k) for k in range(entry.FloatsLength())]
    if kind == INTS:
        return [entry.Ints(k) for k in range(entry.IntsLength())]
    return {1: entry.F, 2: entry.I, 3: lambda: text(entry.S())}[kind]()


def read_node(entry: Any) -> onnx.NodeProto:
    """Read an operation."""
    attributes = [entry.Attributes(k) for k in range(entry.AttributesLength())]
    return helper.make_node(
        text(entry.OpType()),
        [text(entry.Inputs(k)) for k in range(entry.InputsLength())],
        [text(entry.Outputs(k)) for k in range(entry.OutputsLength())],
        domain=text(entry.Domain()),
        **{text(one.Name()): read_attribute(one) for one in attributes},
    )


def in_order(nodes: list[onnx.NodeProto], known: set[str]) -> list[onnx.NodeProto]:
    """Order operations so that each follows those whose results it reads."""
    ordered: list[onnx.NodeProto] = []
    while nodes:
        ready = [node for node in nodes if known.issuperset(node.input)]
        if not ready:
            sys.exit(f"the graph has a cycle through {nodes[0].name}")
        nodes = [node for node in nodes if not known.issuperset(node.input)]
        known |= {name for node in ready for name in node.output}
        ordered += ready
    return ordered


def read_ort(data: bytes) -> onnx.ModelProto:
    """Read a file of ONNX Runtime's own format."""
    schema = importlib.import_module(f"{SCHEMA}.InferenceSession")
    model = schema.InferenceSession.GetRootAs(bytearray(data), 0).Model()
    graph = model.Graph()
    weights = [read_tensor(graph.Initializers(k)) for k in range(graph.InitializersLength())]
    nodes = [read_node(graph.Nodes(k)) for k in range(graph.NodesLength())]
    inputs = {text(graph.Inputs(k)) for k in range(graph.InputsLength())}
    ordered = in_order(nodes, {tensor.name for tensor in weights} | inputs | {""})
    versions = [model.OpsetImport(k) for k in range(model.OpsetImportLength())]
    return helper.make_model(
        helper.make_graph(ordered, "speech_encoder", [], [], weights),
        opset_imports=[helper.make_opsetid(text(v.Domain()), v.Version()) for v in versions],
        ir_version=10,
    )
