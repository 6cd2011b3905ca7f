"""Find the weights of a face detector: in the cache, or downloaded and verified."""

from pathlib import Path

import torch

from wav2lip.checkpoints.downloads import fetch
from wav2lip.checkpoints.registry import DETECTOR_WEIGHTS
from wav2lip.errors import InputError

ANSWER_TIMEOUT = 5.0  # seconds until one of a file's mirrors must have answered, in all


def torch_folder() -> Path:
    """Return torch hub's folder, where face-alignment keeps its weights too."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def local_files(detector: str, weights: str | Path) -> tuple[Path, ...]:
    """Return the files of a detector whose weights the user names.

    Args:
        detector: a key of `DETECTOR_WEIGHTS`.
        weights: the file of weights; further files are expected beside it.

    Raises:
        InputError: if one of the files is missing.
    """
    path = Path(weights)
    paths = (path, *(path.with_name(file.name) for file in DETECTOR_WEIGHTS[detector][1:]))
    for needed in paths:
        if not needed.is_file():
            raise InputError(f"{needed}: no such file; {detector} needs its weights there")
    return paths


def find_weights(detector: str) -> tuple[Path, ...]:
    """Return a detector's files from torch hub's folder, downloaded if they are not there.

    Files without a known hash are used as they are if present, and never downloaded.

    Args:
        detector: a key of `DETECTOR_WEIGHTS`.

    Returns:
        The weights first, as face-alignment loads them.

    Raises:
        InputError: if a file is neither present nor can be downloaded. A machine without network
            is told after `ANSWER_TIMEOUT` seconds at most.
    """
    paths = []
    for file in DETECTOR_WEIGHTS[detector]:
        path = torch_folder() / file.name
        if not (path.is_file() and not file.verifiable):
            timeout = ANSWER_TIMEOUT / max(1, len(file.urls))
            path = fetch(file, torch_folder(), answer_timeout=timeout)
        paths.append(path)
    return tuple(paths)
