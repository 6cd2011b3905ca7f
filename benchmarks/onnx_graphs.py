"""Cut, fold and shrink ONNX graphs."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from wav2lip.utils.onnx import runtime

LARGE = 10_000  # numbers from which on weights are stored in half precision


def prune(graph: onnx.GraphProto, output: str) -> None:
    """Drop what an output does not depend on."""
    needed, kept = {output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    for field, values in ((graph.node, kept[::-1]), (graph.initializer, weights)):
        del field[:]
        field.extend(values)


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn what depends on no input into constants."""
    onnxruntime = runtime()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "folded.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return onnx.load(str(path))


def halve(graph: onnx.GraphProto) -> None:
    """Store large weights in half precision, each followed by a cast to float32."""
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def read(graph: onnx.GraphProto, name: str) -> Any:
    """Return a weight in float64."""
    (found,) = (one for one in graph.initializer if one.name == name)
    return numpy_helper.to_array(found).astype(np.float64)


def producer(graph: onnx.GraphProto, output: str) -> onnx.NodeProto:
    """Return the operation that computes a result."""
    (found,) = (node for node in graph.node if output in node.output)
    return found


def floats(values: Any, name: str) -> TensorProto:
    return numpy_helper.from_array(np.asarray(values, np.float32), name)


def integers(name: str, *values: int) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.int64), name)
