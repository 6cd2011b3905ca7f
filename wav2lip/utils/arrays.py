"""Read the arrays that come with the package."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from wav2lip.errors import InputError


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Read arrays of a `.npz` file of `wav2lip/assets`.

    Args:
        path: the file.
        names: of the arrays.

    Returns:
        The arrays, in the order of the names.

    Raises:
        InputError: the file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name] for name in names]
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; install the package again") from error
    except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: damaged; install the package again") from error
