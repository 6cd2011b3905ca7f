"""Read the tensors of a TorchScript archive without running or compiling its code.

`torch.jit.load` compiles the archive's code and may run its `__setstate__` methods. The archive is
a zip whose `data.pkl` holds the module tree. A pickle reader that accepts only inert modules, tensors
and lists is enough to get a state dict.
"""

import pickle
import pickletools
import struct
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from wav2lip.errors import InputError
from wav2lip.utils.fields import quote
from wav2lip.utils.torch_files import check_stored, unpacked_limit

DTYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
# What the reader raises on contents that are no weights, depending on their bytes.
UNREADABLE = (
    *(RuntimeError, TypeError, ValueError, AttributeError, IndexError, MemoryError, OSError),
    *(ArithmeticError, zlib.error, struct.error),
)
MAX_DEPTH = 32  # levels of nested modules; the published networks have five


class _Module:
    """A module of the archive: its attributes, nothing callable."""

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}

    def __new__(cls, *_: object) -> "_Module":
        made = super().__new__(cls)
        made.attributes = {}
        return made

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.attributes.update(state)


def _check_opcodes(data: bytes) -> None:
    """Check that the memo is as small as the pickle: one opcode can ask for gigabytes of it.

    Raises:
        ValueError: if an index is larger than the pickle.
    """
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name.endswith("PUT") and isinstance(argument, int) and argument > len(data):
            raise ValueError(f"{opcode.name} {argument}")


class _Reader(pickle.Unpickler):
    """An unpickler that accepts only the names below, so that nothing can be imported or called.

    Args:
        archive: the zip file.
        root: its top folder.
        limit: bytes that all tensors may have.
    """

    def __init__(self, archive: zipfile.ZipFile, root: str, limit: int) -> None:
        data = archive.read(f"{root}/data.pkl")
        _check_opcodes(data)
        super().__init__(BytesIO(data))
        self._archive = archive
        self._root = root
        self._left = limit
        self._storages: dict[str, Tensor] = {}

    def _rebuild(
        self, storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
    ) -> Tensor:
        """Make a strided view of a storage; torch checks its bounds."""
        view = torch.as_strided(storage, size, stride, offset)
        check_stored(view)
        self._left -= view.numel() * view.element_size()
        if self._left < 0:
            raise ValueError("its tensors are larger than the file")
        return view.clone()

    def _list(self, values: Any) -> list[Any]:
        if not isinstance(values, list | tuple):
            raise TypeError(f"a list of a {type(values).__name__}")
        return list(values)

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Callable[..., Any]] = {
            ("torch._utils", "_rebuild_tensor_v2"): self._rebuild,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if module.split(".")[0] == "__torch__":
            return _Module
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        if module == "torch.jit._pickle" and name.startswith("build_"):
            return self._list
        if (module, name) in known:
            return known[module, name]
        raise pickle.UnpicklingError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Tensor:
        _, dtype, key, _, _ = pid
        if key not in self._storages:
            data = bytearray(self._archive.read(f"{self._root}/data/{key}"))
            self._storages[key] = torch.frombuffer(data, dtype=dtype)
        return self._storages[key]


def _tensors(
    module: _Module, prefix: str, depth: int, seen: set[int]
) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors below a module, each module once: a few bytes can make 2^30 paths to one."""
    seen.add(id(module))
    for name, value in module.attributes.items():
        if not isinstance(name, str):
            continue
        if isinstance(value, Tensor):
            yield f"{prefix}{name}", value
        elif isinstance(value, _Module) and depth < MAX_DEPTH and id(value) not in seen:
            yield from _tensors(value, f"{prefix}{name}.", depth + 1, seen)


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Read the state dict of a TorchScript archive.

    Returns:
        Tensors by attribute path, such as "audio_encoder.0.conv_block.0.weight".

    Raises:
        InputError: if the archive is damaged or its pickle asks for anything but tensors and
            modules.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            root = next(n for n in archive.namelist() if n.endswith("/data.pkl")).split("/")[0]
            module = _Reader(archive, root, unpacked_limit(path.stat().st_size)).load()
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: refused, because its pickle asks for {quote(str(error))[1:-1]}, "
            "which is not a weight"
        ) from error
    except (zipfile.BadZipFile, StopIteration, KeyError, EOFError) as error:
        raise InputError(
            f"{path}: this TorchScript archive is damaged; download it again"
        ) from error
    except UNREADABLE as error:
        raise InputError(f"{path}: this TorchScript archive holds no readable weights") from error
    if not isinstance(module, _Module):
        raise InputError(f"{path}: this TorchScript archive holds no module")
    return dict(_tensors(module, "", 0, set()))
