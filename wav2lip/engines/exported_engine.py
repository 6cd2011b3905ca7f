"""Run exported generators: the engines over any `Runtime`. Imports no torch."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.engines.engine import resize_crop, with_lower_half
from wav2lip.engines.graph import Graph, Runtime
from wav2lip.errors import InputError
from wav2lip.types import AUDIO_CHANNELS, Image, Mel

CPU_FACES, CPU_PATCHES = 8, 4  # per call; the activations of more do not fit a core's cache
GPU_BATCH = 64


def load_part(network: ExportedNetwork, runtime: Runtime, name: str) -> Graph:
    """Load a part of an exported network.

    Raises:
        InputError: the part is damaged, or the library refuses it.
    """
    try:
        return runtime.load(*network.part(name))
    except (
        InputError,
        ValueError,
        IndexError,
    ) as error:  # the file is damaged where nothing was read before
        raise InputError(f"{network.path}: {error}; export it again") from error


class ExportedEngine:
    """An exported generator that renders crops.

    Args:
        network: a `Generator`.
        runtime: runs it.

    The attributes are those of `Engine`.

    Raises:
        InputError: the library refuses it.
    """

    def __init__(self, network: ExportedNetwork, runtime: Runtime) -> None:
        self.image_size = int(network.metadata["image_size"])
        self.warps = bool(network.config.get("warp", False))
        names = ("neutralize", "speak", "chain", "compose", "enlarge") if self.warps else ("face",)
        self._parts = {name: load_part(network, runtime, name) for name in names}
        self.on_cpu = runtime.on_cpu
        self.max_batch = CPU_FACES if self.on_cpu else GPU_BATCH
        self.description = f"{runtime.description}, {network.precision}"

    def render(
        self, crops: list[Image], mels: Mel, *, neutral_reference: bool = True
    ) -> list[Image]:
        """Render each crop with the mouth of its mel window; see `Engine.render`, `Generator.render`."""
        references = np.stack([resize_crop(crop, self.image_size) for crop in crops])
        if not self.warps:
            return list(self._parts["face"](mels, references)[0])
        if neutral_reference:
            # A still image repeats one face: neutralize it once.
            same = bool((references == references[:1]).all())
            found = self._parts["neutralize"](references[:1] if same else references)
            first, source = (np.broadcast_to(part, (len(crops), *part.shape[1:])) for part in found)
            second = self._parts["speak"](mels, np.ascontiguousarray(source))[0]
            layers = self._parts["chain"](np.ascontiguousarray(first), second)[0]
        else:
            source = np.ascontiguousarray(references.transpose(0, 3, 1, 2)) / np.float32(255)
            layers = self._parts["speak"](mels, source)[0]
        return self._compose(layers, crops)

    def _compose(self, layers: NDArray[np.float32], crops: list[Image]) -> list[Image]:
        """Render the layers over crops of any size, those of one size together."""
        faces: dict[int, Image] = {}
        for size in {len(crop) for crop in crops}:
            at = [k for k, crop in enumerate(crops) if len(crop) == size]
            part = self._parts["compose" if size == self.image_size else "enlarge"]
            lowers = part(layers[at], np.stack([crops[k] for k in at]))[0]
            faces |= {k: with_lower_half(crops[k], x) for k, x in zip(at, lowers, strict=True)}
        return [faces[k] for k in range(len(crops))]


class ExportedMeshEngine:
    """An exported `MeshGenerator`.

    Args:
        network: the generator.
        runtime: runs it.

    The attributes are those of `MeshEngine`.

    Raises:
        InputError: the library refuses it.
    """

    def __init__(self, network: ExportedNetwork, runtime: Runtime) -> None:
        self._motion = load_part(network, runtime, "motion")
        self._inpaint = load_part(network, runtime, "inpaint")
        self.vertices: NDArray[np.int64] = network.arrays["vertices"]
        self.basis: NDArray[np.float32] = network.arrays["basis"]
        self.channels = AUDIO_CHANNELS[bool(network.config.get("speech", False))]
        self.reach = network.reach
        self.on_cpu = runtime.on_cpu
        self.max_batch = CPU_PATCHES if self.on_cpu else GPU_BATCH
        self.description = f"{runtime.description}, {network.precision}"

    def motion(self, audio: Mel) -> NDArray[np.float32]:
        """Predict motion (K, ceil(M / 2)) from sound (C, M); see `MeshEngine.motion`."""
        predicted: NDArray[np.float32] = self._motion(np.ascontiguousarray(audio)[None])[0][0]
        return predicted

    def inpaint(
        self, colours: Image, inside: NDArray[np.float32], shape: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weigh the candidates of mouths and draw a colour; see `MeshEngine.inpaint`."""
        weights, colour = self._inpaint(colours, inside, shape)
        return weights, colour
