"""Quantize a generator to int8 with what real videos give its networks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.exported import ExportedNetwork, parts_of
from wav2lip.checkpoints.load import LoadedNetwork
from wav2lip.checkpoints.onnx_export import export_in_memory, finish, join_parts, trace_parts
from wav2lip.checkpoints.onnx_int8 import Feed, QuantizedPart, Quantizer, psnr, quantize
from wav2lip.engines.graph import Graph
from wav2lip.engines.onnxruntime_runtime import OnnxRuntime
from wav2lip.engines.recording import RecordingRuntime
from wav2lip.errors import InputError
from wav2lip.inference.lip_syncer import LipSyncer
from wav2lip.inference.settings import Settings

ITEMS = 400  # faces or patches that are recorded of all videos
LEAST = 40  # of them that are needed
HELD_OUT = 0.25  # share of a video's items, its end, that measures and does not calibrate
TARGET = 40.0  # dB to float32
HEAVY = (
    "inpaint",
    "face",
    "speak",
    "neutralize",
)  # parts that are quantized, where a generator has them

Say = Callable[[str], None]
Picture = Callable[[Feed, list[NDArray[Any]]], NDArray[np.float32]]


def collect(
    network: ExportedNetwork, videos: Sequence[Path]
) -> tuple[dict[str, list[Feed]], dict[str, list[Feed]]]:
    """Render videos with their own sound and record the inputs of the heavy parts.

    Args:
        network: the generator in float32.
        videos: of talking faces.

    Returns:
        Feeds by part: for the calibration, and held out.

    Raises:
        InputError: a video cannot be rendered, or the videos are too short.
    """
    names = {
        name: inputs for name, (inputs, _) in parts_of(network.config).items() if name in HEAVY
    }
    used: dict[str, list[Feed]] = {name: [] for name in names}
    held: dict[str, list[Feed]] = {name: [] for name in names}
    limit = -(-ITEMS // len(videos))
    for video in videos:
        recorder = RecordingRuntime(OnnxRuntime("cpu"), limit)
        syncer = LipSyncer(network, "cpu", Settings(), recorder)
        for _ in syncer.frames(video, video):
            if all(_count(recorder.feeds[inputs]) >= limit for inputs in names.values()):
                break
        for name, inputs in names.items():
            feeds = recorder.feeds[inputs]
            first = round(len(feeds) * (1 - HELD_OUT))
            used[name] += feeds[:first]
            held[name] += feeds[first:]
    for name, feeds in used.items():
        if _count(feeds) < LEAST or not held[name]:
            raise InputError(
                f"{', '.join(map(str, videos))}: {_count(feeds)} faces are too few for a calibration; "
                "give longer videos"
            )
    return used, held


def _count(feeds: Sequence[Feed]) -> int:
    return sum(len(next(iter(feed.values()))) for feed in feeds)


def _mouths(feed: Feed, outputs: list[NDArray[Any]]) -> NDArray[np.float32]:
    """Blend the mouths of an inpainter; outside the region that may change they are 0."""
    weights, colour = outputs
    candidates = feed["colours"].transpose(0, 1, 4, 2, 3) / np.float32(255)
    blended = (weights[:, :-1, None] * candidates).sum(1) + weights[:, -1:] * colour
    return np.asarray(blended * feed["shape"][:, 1:2], np.float32)


def _faces(feed: Feed, outputs: list[NDArray[Any]]) -> NDArray[np.float32]:
    """Return the lower halves of faces that are bytes."""
    (faces,) = outputs
    return np.asarray(faces[:, faces.shape[1] // 2 :] / np.float32(255), np.float32)


def _neutral(feed: Feed, outputs: list[NDArray[Any]]) -> NDArray[np.float32]:
    """Return the lower halves of neutral faces."""
    faces = outputs[1]
    return np.asarray(faces[:, :, faces.shape[2] // 2 :], np.float32)


def _composed(compose: Graph) -> Picture:
    """Return a function that renders layers over the faces that they were computed from."""

    def render(feed: Feed, outputs: list[NDArray[Any]]) -> NDArray[np.float32]:
        crops = (feed["source"].transpose(0, 2, 3, 1) * 255).round().astype(np.uint8)
        return np.asarray(compose(outputs[0], crops)[0] / np.float32(255), np.float32)

    return render


def _pictures(network: ExportedNetwork, runtime: OnnxRuntime) -> dict[str, Picture]:
    pictures: dict[str, Picture] = {"inpaint": _mouths, "face": _faces, "neutralize": _neutral}
    if "compose" in parts_of(network.config):
        pictures["speak"] = _composed(runtime.load(*network.part("compose")))
    return pictures


class _Quality:
    """Measures models of a part against the one in float32, on inputs that calibrated nothing."""

    def __init__(
        self,
        exact: ExportedNetwork,
        name: str,
        feeds: Sequence[Feed],
        picture: Picture,
        runtime: OnnxRuntime,
    ) -> None:
        model, self._inputs, self._outputs = exact.part(name)
        self._feeds, self._picture, self._runtime = feeds, picture, runtime
        self._expected = self._render(model)

    def _render(self, model: bytes) -> list[NDArray[np.float32]]:
        graph = self._runtime.load(model, self._inputs, self._outputs)
        return [self._picture(feed, graph(*feed.values())) for feed in self._feeds]

    def __call__(self, model: bytes) -> float:
        """Return dB."""
        pairs = zip(self._render(model), self._expected, strict=True)
        return psnr(np.concatenate([(a - b).ravel() for a, b in pairs]))


def quantize_network(
    loaded: LoadedNetwork, videos: Sequence[Path], say: Say
) -> tuple[bytes, ExportedNetwork, dict[str, QuantizedPart]]:
    """Quantize a generator; layers that lose too much stay float.

    Args:
        loaded: the generator.
        videos: of talking faces, for the calibration.
        say: receives a line per part.

    Returns:
        The content of the file, the same generator in float32, and the figures by part.

    Raises:
        InputError: see `collect`; or a part does not meet the target.
    """
    exact = export_in_memory(loaded)
    if exact.kind != "generator":
        raise InputError(
            f"{loaded.path}: only generators are quantized to int8; choose fp16 or fp32"
        )
    used, held = collect(exact, videos)
    models = trace_parts(loaded.network, loaded.config)
    runtime = OnnxRuntime("cpu")
    pictures = _pictures(exact, runtime)
    figures: dict[str, QuantizedPart] = {}
    for name, feeds in used.items():
        quality = _Quality(exact, name, held[name], pictures[name], runtime)
        part = quantize(Quantizer(models[name], feeds), quality, TARGET)
        say(
            f"{name}: {_count(feeds)} faces calibrate, {_count(held[name])} measure; {describe(part)}"
        )
        if part.quality < TARGET:
            raise InputError(
                f"{loaded.path}: int8 is refused, since {name} reaches {part.quality:.1f} dB of {TARGET:g}; "
                f"{describe(part)}"
            )
        figures[name] = part
        models[name] = part.model
    return finish(join_parts(models), loaded, "int8"), exact, figures


def describe(part: QuantizedPart) -> str:
    """Return the figures of a quantized part."""
    gains = ", ".join(f"{layer} {gain:+.1f}" for layer, gain in part.gains.items())
    kept = ", ".join(f"{layer} ({quality:.1f} dB)" for layer, quality in part.kept.items())
    details = f"; alone in float: {gains} dB" if gains else ""
    return f"all int8 {part.all_int8:.1f} dB, in float: {kept or 'none'}{details}"
