"""Networks that were exported to ONNX: what the file says of them. Imports no torch."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.config import CLASSES, check_config, class_name
from wav2lip.checkpoints.kinds import NETWORK_NAMES, Kind
from wav2lip.checkpoints.metadata import check_metadata
from wav2lip.checkpoints.onnx_file import OnnxFile
from wav2lip.checkpoints.provenance import TrainingId
from wav2lip.errors import InputError
from wav2lip.types import IMAGE_SIZE, LANDMARKS
from wav2lip.utils.fields import Number, quote
from wav2lip.utils.files import sha256_of

OPSET = 17  # of all exported files; GridSample is part of the standard from 16 on
ENTRY = "wav2lip"  # our key of `metadata_props`
VERSION = 1  # of the entry
PRECISIONS = ("fp32", "fp16", "int8")
REACH = Number(0, 10_000, whole=True)  # steps

# Class of wav2lip.models -> part -> its inputs and outputs. A generator that warps has the parts of "warp".
PARTS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "MeshGenerator": {
        "motion": (("mel",), ("motion",)),
        "inpaint": (("colours", "inside", "shape"), ("weights", "colour")),
    },
    "Generator": {"face": (("mel", "reference"), ("face",))},
    "warp": {
        "neutralize": (("crop_reference",), ("neutral_layers", "neutral_face")),
        "speak": (("mel", "source"), ("layers",)),
        "chain": (("first", "second"), ("chained",)),
        "compose": (("own_layers", "own_crop"), ("own_lower",)),
        "enlarge": (("small_layers", "large_crop"), ("large_lower",)),
    },
    "SyncNet": {"audio": (("mel",), ("audio",)), "lips": (("frames",), ("lips",))},
    "SyncNetV2": {"audio": (("mfcc",), ("audio",)), "lips": (("frames",), ("lips",))},
}


def parts_of(config: Mapping[str, Any]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the parts of an exported network: name -> names of the inputs, names of the outputs.

    Raises:
        InputError: networks of this class are not exported.
    """
    name = class_name(config)
    if name not in PARTS:
        raise InputError(f"{NETWORK_NAMES[CLASSES[name]]} cannot be exported to ONNX")
    return PARTS["warp" if name == "Generator" and config.get("warp") else name]


@dataclass(frozen=True)
class ExportedNetwork:
    """An exported network and where it came from.

    Attributes:
        file: the graph.
        config: `_target_` and arguments of the network.
        metadata: plain data; a generator's has `mel_offset_frames`, `fps`, `image_size` and `face_crop`.
        precision: "fp32", "fp16" (of the stored weights) or "int8".
        arrays: what inference needs beside the graph; of a `MeshGenerator` vertices (P,) int64 and basis (K, P, 3)
            float32.
        reach: of a `MeshGenerator`, steps before and after that a motion depends on.
        sha256: hex digest of the file, or of the checkpoint that was exported in memory.
        path: the file, or that checkpoint.
    """

    file: OnnxFile
    config: dict[str, Any]
    metadata: dict[str, Any]
    precision: str
    arrays: dict[str, NDArray[Any]]
    reach: tuple[int, int]
    sha256: str
    path: Path

    @property
    def kind(self) -> Kind:
        """The kind of network."""
        return CLASSES[class_name(self.config)]

    @property
    def training_id(self) -> TrainingId | None:
        """The training run that the file comes from; None if it records none."""
        return TrainingId.parse(self.metadata.get("training_id"))

    def part(self, name: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
        """Return the model of a part, the names of its inputs and those of its outputs."""
        inputs, outputs = parts_of(self.config)[name]
        return self.file.cut(outputs), inputs, outputs


def pack_array(array: NDArray[Any]) -> dict[str, Any]:
    """Turn an array into plain data for the file's entry."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "data": base64.b64encode(little.tobytes()).decode(),
    }


def _unpack_array(packed: Any, dtype: str, axes: int) -> NDArray[Any]:
    shape = [int(Number(1, 1 << 16, whole=True).check(size)) for size in packed["shape"]]
    if packed["dtype"] != dtype or len(shape) != axes:
        raise ValueError(f"holds a {quote(packed['dtype'])} array where {dtype} is needed")
    data = base64.b64decode(packed["data"], validate=True)
    array = np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("holds NaN or infinite numbers")
    return np.array(array, dtype)


def _read_arrays(entry: Mapping[str, Any]) -> tuple[dict[str, NDArray[Any]], tuple[int, int]]:
    """Return the arrays and the reach of a `MeshGenerator`."""
    vertices = _unpack_array(entry["arrays"]["vertices"], "int64", 1)
    basis = _unpack_array(entry["arrays"]["basis"], "float32", 3)
    if (
        basis.shape[1:] != (len(vertices), 3)
        or not (vertices >= 0).all() & (vertices < LANDMARKS).all()
    ):
        raise ValueError("has a motion basis that does not fit the face mesh")
    before, after = (REACH.check(steps) for steps in entry["reach"])
    return {"vertices": vertices, "basis": basis}, (int(before), int(after))


def read_exported(data: bytes, path: Path, sha256: str) -> ExportedNetwork:
    """Read an exported network from memory.

    Args:
        data: an ONNX model.
        path: its name in messages.
        sha256: see `ExportedNetwork`.

    Raises:
        InputError: it is damaged, or was not written by `wav2lip export`.
    """
    try:
        file = OnnxFile(data)
    except ValueError as error:
        raise InputError(f"{path}: is truncated or damaged ({error}); export it again") from error
    if ENTRY not in file.properties:
        raise InputError(f"{path}: is an ONNX model that `wav2lip export` did not write")
    try:
        entry = json.loads(file.properties[ENTRY])
        if entry["version"] != VERSION:
            raise ValueError(f"is of version {quote(entry['version'])}, not {VERSION}")
        config = check_config(entry["config"])
        if entry["precision"] not in PRECISIONS:
            raise ValueError(f"has the unknown precision {quote(entry['precision'])}")
        parts = parts_of(config)
        for inputs, outputs in parts.values():
            if not {*inputs} <= {*file.inputs} or not {*outputs} <= {*file.outputs}:
                raise ValueError("lacks a part of its network")
        generator = CLASSES[class_name(config)] == "generator"
        size = int(config.get("image_size", IMAGE_SIZE)) if generator else None
        metadata = check_metadata(entry["metadata"], size)
        mesh = class_name(config) == "MeshGenerator"
        arrays, reach = _read_arrays(entry) if mesh else ({}, (0, 0))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: its entry `{ENTRY}` {_reason(error)}; export it again"
        ) from error
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if file.opset != OPSET:
        raise InputError(f"{path}: is of opset {file.opset}, not {OPSET}; export it again")
    return ExportedNetwork(file, config, metadata, entry["precision"], arrays, reach, sha256, path)


def _reason(error: Exception) -> str:
    return str(error) if type(error) is ValueError and error.args else "is not our JSON"


def load_exported(path: Path, kind: Kind | None = None) -> ExportedNetwork:
    """Load a network that `wav2lip export` wrote as ONNX.

    Args:
        path: the file.
        kind: the network that is needed; None for any.

    Raises:
        InputError: the file is unreadable, damaged, of another opset, not ours, or holds another kind.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    network = read_exported(data, path, sha256_of(path))
    if kind not in (None, network.kind):
        raise InputError(f"{path}: holds {NETWORK_NAMES[network.kind]}, not {NETWORK_NAMES[kind]}")
    return network
