"""Quantize a part of an exported network to int8, with the layers that lose too much kept in float.

Static post-training quantization in the portable form of ONNX (QDQ), by `onnxruntime.quantization`. Keeping the layers
that hurt in float: Nagel et al. 2021, *A white paper on neural network quantization*, section 3.6.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.utils.onnx import runtime

OPERATORS = ("Conv", "ConvTranspose")
NO_ERROR = 99.0  # dB, of pictures that are the same

Feed = dict[str, NDArray[Any]]  # the inputs of one call
Quality = Callable[[bytes], float]  # model of a part -> dB to float32


def psnr(error: NDArray[np.floating]) -> float:
    """Return dB of differences between pictures in [0, 1]."""
    mean = float(np.mean(np.square(error, dtype=np.float64)))
    return min(NO_ERROR, -10 * np.log10(mean)) if mean > 0 else NO_ERROR


def layer_of(node: str) -> str:
    """Return the layer group of a node's name, which is a path of modules; empty if it is in none.

    Examples:
        >>> layer_of("/network/down.0/down.0.1/down.0.1.0/Conv"), layer_of("/output_block/Conv")
        ('down.0.1', 'output_block')
    """
    modules = node.strip("/").removeprefix("network/").split("/")[:-1]
    if len(modules) > 1 and modules[1].startswith(f"{modules[0]}."):
        return modules[1]
    return modules[0] if modules else ""


@dataclass
class QuantizedPart:
    """A quantized part.

    Attributes:
        model: the `onnx.ModelProto`.
        quality: dB to float32.
        all_int8: dB with every layer in int8.
        kept: layer group that stays float -> dB with it and those before it in float.
        gains: layer group -> dB that it alone in float gains over all in int8.
    """

    model: Any
    quality: float
    all_int8: float
    kept: dict[str, float] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)


class _Reader:
    """Feeds for `onnxruntime.quantization`."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self._feeds, None)


class Quantizer:
    """Quantizes one part, again and again with other layers kept in float; it is calibrated once.

    Args:
        model: the `onnx.ModelProto` of the part in float32.
        feeds: real inputs.
    """

    def __init__(self, model: Any, feeds: Sequence[Feed]) -> None:
        runtime()
        from onnxruntime.quantization import create_calibrator

        self._content: bytes = model.SerializeToString()
        self._nodes = [node.name for node in model.graph.node if node.op_type in OPERATORS]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "part.onnx").write_bytes(self._content)
            calibrator = create_calibrator(
                folder / "part.onnx", OPERATORS, str(folder / "augmented.onnx")
            )
            calibrator.collect_data(_Reader(feeds))
            self._ranges = calibrator.compute_data()

    @property
    def layers(self) -> list[str]:
        """The layer groups, in the order of the network."""
        return list(dict.fromkeys(map(layer_of, self._nodes)))

    def __call__(self, kept: Sequence[str] = ()) -> Any:
        """Return the `onnx.ModelProto` with all layers in int8 but those of the groups in `kept`."""
        import onnx
        from onnxruntime.quantization import QuantType
        from onnxruntime.quantization.qdq_quantizer import QDQQuantizer

        quantizer = QDQQuantizer(
            onnx.load_model_from_string(self._content),
            True,  # per channel
            False,  # whole range: VNNI, and the kernels for AVX2 that do not saturate
            QuantType.QInt8,
            QuantType.QUInt8,
            self._ranges,
            [],
            [node for node in self._nodes if layer_of(node) in kept],
            list(OPERATORS),
            {},
        )
        quantizer.quantize_model()
        quantizer.model.topological_sort()
        return quantizer.model.model


def quantize(quantizer: Quantizer, quality: Quality, target: float) -> QuantizedPart:
    """Quantize a part; the layers whose error is largest stay float until the target is met.

    Args:
        quantizer: of the part.
        quality: measures a model of the part on inputs that did not calibrate it.
        target: dB to float32.

    Returns:
        The part. Its quality is below the target if all layers in float would not meet it.
    """

    def measure(kept: Sequence[str]) -> tuple[Any, float]:
        model = quantizer(kept)
        return model, quality(model.SerializeToString())

    model, found = measure([])
    part = QuantizedPart(model, found, found)
    if found >= target:
        return part
    alone = {layer: measure([layer])[1] - found for layer in quantizer.layers}
    part.gains = dict(sorted(alone.items(), key=lambda item: -item[1]))
    for layer in part.gains:
        part.model, part.quality = measure([*part.kept, layer])
        part.kept[layer] = part.quality
        if part.quality >= target:
            break
    return part
