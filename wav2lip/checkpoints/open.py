"""Open a checkpoint for inference, whatever library runs it. Imports no torch for an exported one."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from wav2lip.checkpoints.bundled import find_exported
from wav2lip.checkpoints.downloads import fetch
from wav2lip.checkpoints.exported import ExportedNetwork, load_exported
from wav2lip.checkpoints.kinds import Kind
from wav2lip.checkpoints.names import find_checkpoint
from wav2lip.checkpoints.registry import RemoteFile
from wav2lip.errors import InputError
from wav2lip.utils.extras import extra_message

if TYPE_CHECKING:
    from wav2lip.checkpoints.load import LoadedNetwork

HEAD = 512  # bytes
IR_VERSION = b"\x08"  # the first byte of an ONNX model: the key of its first field


def is_onnx(path: Path) -> bool:
    """Tell whether a file is an ONNX model, by its name or its first bytes."""
    if not path.is_file():  # opening a pipe would wait for its writer
        return False
    if path.suffix == ".onnx":
        return True
    try:
        with path.open("rb") as file:
            head = file.read(HEAD).lower()
    except OSError:
        return False
    if head[8:9] == b"{":  # safetensors, whose header is 8 bytes more than a multiple of 256 long
        return False
    return head[:1] == IR_VERSION and (b"onnx" in head or b"wav2lip" in head)


def has_torch() -> bool:
    """Tell whether torch is installed, without importing it."""
    return find_spec("torch") is not None


def open_checkpoint(
    path_or_name: Path | str, kind: Kind | None = None, *, exported_first: bool = True
) -> "LoadedNetwork | ExportedNetwork":
    """Load a network for inference.

    Args:
        path_or_name: an ONNX file that `wav2lip export` wrote, or what `load_network` takes.
        kind: the network to load; see `load_network`.
        exported_first: of a bundled network, take the exported file if there is one, and run it without torch.

    Raises:
        InputError: the file cannot be read, does not hold such a network, or needs torch and torch is missing.
    """
    bundled = find_exported(path_or_name) if isinstance(path_or_name, str) else None
    found = bundled if bundled and exported_first else find_checkpoint(path_or_name, kind)
    path = fetch(found) if isinstance(found, RemoteFile) else found
    by_torch = bundled is not None and not exported_first and has_torch()
    if is_onnx(path) and not by_torch:
        return load_exported(path, kind)
    if not has_torch():
        if not path.exists():
            raise InputError(f"{path}: no such checkpoint file")
        raise InputError(
            f"{path}: runs with torch, and {extra_message('torch', 'torch')}; or take a checkpoint that "
            "`wav2lip export` wrote as .onnx"
        )
    from wav2lip.checkpoints.load import load_network

    return load_network(path, kind)
