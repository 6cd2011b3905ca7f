"""Run a small ONNX network on one thread."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.bundled import ASSETS
from wav2lip.utils.onnx import open_session

MAX_LOGIT = 80.0  # larger logits are clipped: exp would overflow float32


@cache
def _session(path: Path) -> Any:
    """Open a network once for all that use it; a detector and a mesh tracker share the mesh, for example."""
    return open_session(path)


class OnnxNetwork:
    """A network of `wav2lip/assets`: image (1, S, S, 3) float32 in, two arrays out.

    It runs on one thread, so that it neither competes with the generator nor depends on the number
    of cores. `run` may be called from several threads.

    Args:
        name: of the file, without suffix.

    Raises:
        InputError: if the file is missing or damaged.
    """

    def __init__(self, name: str) -> None:
        self._session = _session(ASSETS / f"{name}.onnx")

    def run(self, image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the network on an image (1, S, S, 3)."""
        first, second = self._session.run(None, {"image": image})
        return first, second


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map logits of any shape to probabilities of the same shape.

    Examples:
        >>> sigmoid(np.float32([-1000, 0, 1000])).round(6).tolist()
        [0.0, 0.5, 1.0]
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT))), np.float32)
