"""Convert the first layers of Moonshine's speech encoder to ONNX, as they lie in `wav2lip/assets`.

Once, with the extra `export` installed:

    pip download moonshine-voice==0.0.68 --no-deps --platform manylinux_2_34_x86_64
    python benchmarks/convert_speech_encoder.py moonshine_voice-0.0.68-*.whl wav2lip/assets

The wheel carries the encoder of Moonshine tiny, English (MIT; Jeffries et al. 2024, *Moonshine: speech recognition for
live transcription and voice commands*), quantised to int8, in ONNX Runtime's own format (`ort_format.py`).
The layers up to `LAYER` and the normalisation after them are kept, for inputs of the length of a window, so that what
depends on the length alone becomes a constant. Large weights of float32 are stored in half precision.

The graph is divided at the second convolution (`wav2lip.media.speech_encoder` says why):

    speech_convolutions.onnx   samples -> moved, sums, squares
    speech_encoder.onnx        moved, mean, scale -> tokens

The group norm between the first two convolutions subtracts a mean m and multiplies by a scale s, then by a weight g,
and adds a bias b. With weights w and bias c of the second convolution, `moved` is the convolution by w g. The rest is
s (moved - m sum(w g)) + sum(w b) + c, whose sums are constants. Of the last layer only the tokens that are kept are
computed.

`--parity` prints the largest and the mean difference to the original, on noise and on the bundled speech.
"""

import argparse
import hashlib
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx_graphs import floats, folded, halve, integers, producer, prune, read
from ort_format import read_ort

from wav2lip.media.audio import load_wav
from wav2lip.media.speech_encoder import (
    BEFORE,
    BLOCK,
    BLOCKS,
    CONVOLVED,
    KEPT,
    STEP,
    WINDOW,
    convolve,
    encode,
)
from wav2lip.utils.onnx import runtime

SHA256 = "7c73a06de7241679102efd2fb663639f961514070f8a22e5fa44eb1b58f06c5b"
ENTRY = "moonshine_voice/assets/tiny-en/encoder_model.ort"
LAYER = 2  # the last layer that is kept, of 0 to 5
CONV2 = "/conv2/Conv_output_0"


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


def convolutions(graph: onnx.GraphProto) -> onnx.ModelProto:
    """Return the first two convolutions of a block of samples, and what the mean and scale are computed from."""
    conv2 = producer(graph, CONV2)
    norm = producer(graph, conv2.input[0])
    gain = producer(graph, norm.input[0]).input[1]
    node = helper.make_node
    nodes = [
        node("Unsqueeze", ["samples", "channel"], ["sound"]),
        node("Conv", ["sound", "weight1"], ["first"], strides=[64]),
        node("Tanh", ["first"], ["activation"]),
        node("Conv", ["activation", "weight2"], ["moved"], strides=[3]),
        node("ReduceSum", ["activation", "channel"], ["sums"], keepdims=0),
        node("ReduceSumSquare", ["activation"], ["squares"], axes=[1], keepdims=0),
    ]
    weights = [
        integers("channel", 1),
        floats(read(graph, "conv1.weight_add_tensor"), "weight1"),
        floats(read(graph, conv2.input[1]) * read(graph, gain)[None], "weight2"),
    ]
    inputs = [helper.make_tensor_value_info("samples", TensorProto.FLOAT, [1, BLOCK])]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        for name in ("moved", "sums", "squares")
    ]
    return helper.make_model(
        helper.make_graph(nodes, "speech_convolutions", inputs, outputs, weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def layers(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the rest of a folded graph, of which only the kept tokens come out."""
    graph = model.graph
    conv2 = producer(graph, CONV2)
    norm = producer(graph, conv2.input[0])
    gain, bias = producer(graph, norm.input[0]).input[1], norm.input[1]
    weight = read(graph, conv2.input[1])
    share = (weight * read(graph, gain)[None]).sum((1, 2))
    shift = (weight * read(graph, bias)[None]).sum((1, 2)) + read(graph, conv2.input[2])
    residual, attention = f"/layers.{LAYER - 1}/Add_1_output_0", f"/layers.{LAYER}/self_attn/o_proj"
    projected = producer(graph, f"{attention}/MatMul_output_0")
    node = helper.make_node
    normalised = [
        node("Mul", ["mean", "share"], ["subtracted"]),
        node("Sub", ["moved", "subtracted"], ["centred"]),
        node("Mul", ["centred", "scale"], ["scaled"]),
        node("Add", ["scaled", "shift"], [CONV2]),
    ]
    kept = [
        node("Slice", [source, "first", "after", "axis"], [f"kept_{name}"])
        for name, source in (("residual", residual), ("attention", projected.input[0]))
    ]
    graph.node.remove(conv2)
    projected.input[0] = "kept_attention"
    added = producer(graph, f"/layers.{LAYER}/Add_output_0")
    added.input[:] = ["kept_residual" if name == residual else name for name in added.input]
    at = list(graph.node).index(projected)
    nodes = [*normalised, *graph.node[:at], *kept, *graph.node[at:]]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(
        [
            floats(share[None, :, None], "share"),
            floats(shift[None, :, None], "shift"),
            integers("first", BEFORE),
            integers("after", BEFORE + KEPT),
            integers("axis", 1),
        ]
    )
    for field in (graph.input, graph.output, graph.value_info):
        del field[:]
    shapes = {"moved": [1, 576, CONVOLVED], "mean": [1], "scale": [1]}
    graph.input.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    graph.output.append(helper.make_tensor_value_info("tokens", TensorProto.FLOAT, None))
    prune(graph, "tokens")
    return model


def parity(original: onnx.ModelProto) -> None:
    """Print the difference between the original and what `wav2lip.media` computes."""
    session = runtime().InferenceSession(
        original.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * WINDOW).astype(np.float32)
    speech = load_wav(Path(__file__).parents[1] / "data" / "speech.wav")
    for name, wav in (("noise", noise), ("speech", speech)):
        one, other = [], []
        for stop in range(STEP * (BLOCKS - 1) + BLOCK, len(wav), 4 * STEP):
            tokens = session.run(None, {"samples": wav[None, stop - WINDOW : stop]})[0]
            one.append(tokens[0, BEFORE : BEFORE + KEPT])
            stops = [stop - STEP * back for back in range(BLOCKS - 1, -1, -1)]
            other.append(encode([convolve(wav[at - BLOCK : at]) for at in stops]))
        difference = np.abs(np.array(one) - np.array(other))
        print(
            f"{name}: difference {difference.max():.1e} at most, {difference.mean():.1e} in the mean, of tokens "
            f"up to {np.abs(one).max():.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--parity", action="store_true", help="compare; nothing is written")
    arguments = parser.parse_args()
    found = hashlib.sha256(arguments.wheel.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{arguments.wheel}: sha256 is {found} instead of {SHA256}")
    with zipfile.ZipFile(arguments.wheel) as wheel:
        original = cut(read_ort(wheel.read(ENTRY)), LAYER)
    if arguments.parity:
        parity(original)
        return
    whole = folded(original)
    models = {"speech_convolutions": convolutions(whole.graph), "speech_encoder": layers(whole)}
    for name, model in models.items():
        halve(model.graph)
        path = arguments.folder / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        data = path.read_bytes()
        print(f"{path} {len(data)} {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
