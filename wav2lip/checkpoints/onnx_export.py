"""Write a network as ONNX, with its metadata inside."""

import io
import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from wav2lip import __version__
from wav2lip.checkpoints.exported import (
    ENTRY,
    OPSET,
    VERSION,
    ExportedNetwork,
    pack_array,
    parts_of,
    read_exported,
)
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.checkpoints.onnx_parts import Part, network_parts
from wav2lip.models import MeshGenerator
from wav2lip.utils.extras import require_extra
from wav2lip.utils.fields import to_plain

IR_VERSION = 8  # the one of opset 17; every runtime of 2022 and later reads it
SMALL = 64  # numbers; smaller tensors stay float32, among them constants that fp16 would round to 0


def _trace(part: Part, inputs: Sequence[str], outputs: Sequence[str]) -> Any:
    """Return the `onnx.ModelProto` of a part."""
    onnx = require_extra("onnx", "export")
    axes = {name: {0: "batch"} for name in (*inputs, *outputs)}
    for name, free in part.free.items():
        axes[name].update({axis: f"{name}_{axis}" for axis in free})
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The exporter by tracing: the one by torch.export takes twenty times as long for these networks, and needs
        # onnxscript. It warns of sizes that become constants, which are those of the network.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            part.module.eval(),
            part.examples,
            buffer,  # type: ignore[arg-type]  # this exporter takes an open file
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_model_from_string(buffer.getvalue())


def _prefix(graph: Any, name: str, public: set[str]) -> None:
    """Put the name of its part before every name inside a graph."""

    def inner(value: str) -> str:
        return value if not value or value in public else f"{name}/{value}"

    for node in graph.node:
        node.name = inner(node.name)
        node.input[:] = [inner(value) for value in node.input]
        node.output[:] = [inner(value) for value in node.output]
    for tensor in graph.initializer:
        tensor.name = inner(tensor.name)


def _merge(onnx: Any, models: Mapping[str, Any]) -> Any:
    """Join the graphs of all parts; weights that several of them hold are stored once."""
    merged = onnx.GraphProto(name=ENTRY)
    stored: dict[tuple[Any, ...], str] = {}
    for name, model in models.items():
        graph = model.graph
        _prefix(graph, name, {v.name for v in (*graph.input, *graph.output)})
        same: dict[str, str] = {}
        for tensor in graph.initializer:
            key = (
                tensor.data_type,
                tuple(tensor.dims),
                onnx.numpy_helper.to_array(tensor).tobytes(),
            )
            if key in stored:
                same[tensor.name] = stored[key]
            else:
                stored[key] = tensor.name
                merged.initializer.append(tensor)
        for node in graph.node:
            node.input[:] = [same.get(value, value) for value in node.input]
            merged.node.append(node)
        known = {value.name for value in merged.input}
        merged.input.extend(value for value in graph.input if value.name not in known)
        merged.output.extend(graph.output)
    return merged


def store_half(onnx: Any, graph: Any) -> None:
    """Store weights in fp16 and convert them back in the graph: half the file, the same arithmetic.

    Runtimes fold the conversion when they load the file. Weights that fp16 cannot hold stay float32.
    """
    casts = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL or np.abs(values).max() > 65504:
            continue
        name = tensor.name
        half = onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}/half")
        tensor.CopyFrom(half)
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [half.name], [name], f"{name}/cast", to=to))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])


def _entry(loaded: LoadedNetwork, precision: str) -> dict[str, Any]:
    """Return what the file says of itself."""
    entry = {
        "version": VERSION,
        "config": loaded.config,
        "metadata": to_plain(loaded.metadata),
        "precision": precision,
        "checkpoint_sha256": loaded.sha256,
    }
    network = loaded.network
    if isinstance(network, MeshGenerator):
        motion = network.motion
        entry["arrays"] = {
            "vertices": pack_array(motion.vertices.cpu().numpy()),
            "basis": pack_array(motion.basis.float().cpu().numpy()),
        }
        entry["reach"] = [motion.behind, motion.ahead]
    return entry


@torch.no_grad()
def trace_parts(network: nn.Module, config: Mapping[str, Any]) -> dict[str, Any]:
    """Trace the parts of a network.

    Args:
        network: in eval mode on the CPU; it stays as it is.
        config: its config.

    Returns:
        Name of the part -> `onnx.ModelProto` in float32.

    Raises:
        InputError: `onnx` is not installed, or networks of this class are not exported.
    """
    names = parts_of(config)
    return {name: _trace(p, *names[name]) for name, p in network_parts(network).items()}


def join_parts(models: Mapping[str, Any]) -> Any:
    """Join traced parts to one `onnx.ModelProto`, without metadata; the models are changed."""
    onnx = require_extra("onnx", "export")
    return onnx.helper.make_model(
        _merge(onnx, models),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name=ENTRY,
        producer_version=__version__,
    )


def finish(model: Any, loaded: LoadedNetwork, precision: str) -> bytes:
    """Add the metadata to joined parts and return the file's content.

    Args:
        model: an `onnx.ModelProto`.
        loaded: the network of the parts.
        precision: "fp32", "fp16" or "int8"; weights are converted for "fp16" alone.
    """
    onnx = require_extra("onnx", "export")
    if precision == "fp16":
        store_half(onnx, model.graph)
    onnx.helper.set_model_props(model, {ENTRY: json.dumps(_entry(loaded, precision))})
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def export_in_memory(loaded: LoadedNetwork) -> ExportedNetwork:
    """Export a loaded network in float32 without a file.

    Raises:
        InputError: see `trace_parts`.
    """
    parts = trace_parts(loaded.network, loaded.config)
    content = finish(join_parts(parts), loaded, "fp32")
    return read_exported(content, loaded.path, loaded.sha256)
