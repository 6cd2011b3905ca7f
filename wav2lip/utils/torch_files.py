"""Read the files that torch wrote, without running code and within bounds."""

import mmap
import pickle
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.utils.fields import quote

# Records of weights shrink by a tenth. A file that unpacks to more than this was made to fill the memory.
MAX_EXPANSION = 4
SLACK = 1 << 20  # bytes; small files may shrink more
ALLOCATION = b"\nbytearray\n"  # the end of a pickle's opcode that imports it
# What torch's unpickler raises on a damaged file, depending on its bytes.
DAMAGED = (
    *(pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, TypeError),
    *(AttributeError, OSError, ArithmeticError, MemoryError, AssertionError, struct.error),
    *(zipfile.BadZipFile, zlib.error),
)


def unpacked_limit(size: int) -> int:
    """Return how many bytes a file of `size` bytes may unpack to."""
    return MAX_EXPANSION * size + SLACK


def require_regular(path: Path) -> None:
    """Refuse pipes and devices: a pipe blocks, a device may never end.

    Raises:
        InputError: if the file is another kind of file.
        OSError: if it does not exist or cannot be examined.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise InputError(f"{path}: is not a regular file; save it as one")


def check_records(path: Path) -> set[str]:
    """Check that a zip archive does not unpack to far more than its size.

    Returns:
        The names of its records without their top folder.

    Raises:
        InputError: if it is damaged or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except DAMAGED as error:
        raise InputError(f"{path}: is truncated or damaged; download it again") from error
    unpacked = sum(record.file_size for record in records)
    if unpacked > unpacked_limit(path.stat().st_size):
        raise InputError(
            f"{path}: refused: it would unpack to {unpacked / 1e9:.1f} GB; save it uncompressed"
        )
    return {record.filename.partition("/")[2] for record in records}


def check_stored(value: Tensor) -> None:
    """Check that a tensor is plain memory and that each of its elements is stored.

    A stride of 0 lets four bytes stand for any number of elements.

    Raises:
        ValueError: if it is sparse, quantised, without data, or larger than its storage.
    """
    if value.layout != torch.strided or value.is_quantized or value.device.type != "cpu":
        raise ValueError("is not a plain tensor")
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise ValueError("has more elements than the file stores")


def _refuse_allocations(path: Path) -> None:
    """Refuse a pickle that makes a bytearray: torch allows it, and its size is any number."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = content.find(ALLOCATION) >= 0
    if not found and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:  # its pickle may be compressed
            names = [n for n in archive.namelist() if n.endswith("/data.pkl")]
            found = any(ALLOCATION in archive.read(name) for name in names)
    if found:
        raise InputError(f"{path}: refused: it holds a bytearray, which is not a weight")


def load_pickled(path: Path) -> Any:
    """Load what `torch.save` wrote: tensors and plain data alone.

    Args:
        path: a regular file.

    Raises:
        InputError: if the file is damaged, holds any other object, or unpacks to far more than its size.
        FileNotFoundError: if there is no such file.
    """
    try:
        require_regular(path)
        if zipfile.is_zipfile(path):
            check_records(path)
        _refuse_allocations(path)
        # An open file, since torch decides by the suffix of a path.
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd contents, which are refused here anyway
            return torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except DAMAGED as error:
        # torch's message fills a page; only the name of the forbidden object is useful.
        name = str(error).partition("GLOBAL ")[2].partition(" was not")[0].strip()
        if isinstance(error, pickle.UnpicklingError):
            reason = f"it holds the object {quote(name)[1:-1]}, and" if name else "it is damaged or"
            raise InputError(
                f"{path}: refused: {reason} is not weights alone; export its state_dict"
            ) from error
        raise InputError(f"{path}: is truncated or damaged; download it again") from error


def stored_tensors(path: Path, content: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Return the tensors of a mapping, each checked by `check_stored`.

    Raises:
        InputError: with the file and the key of the first tensor that is refused.
    """
    state = {k: v for k, v in content.items() if isinstance(k, str) and isinstance(v, Tensor)}
    for key, value in state.items():
        try:
            check_stored(value)
        except ValueError as error:
            raise InputError(
                f"{path}: {quote(key)} {error}; get an undamaged checkpoint"
            ) from error
    return state


def load_state(path: Path) -> dict[str, Tensor]:
    """Load a bare state dict, such as the weights that torchvision publishes.

    Raises:
        InputError: as `load_pickled`, or if the file holds no mapping of tensors.
    """
    content = load_pickled(path)
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds a {type(content).__name__}, not a network's weights")
    return stored_tensors(path, content)
