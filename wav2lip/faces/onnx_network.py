"""Run a small ONNX network on one thread."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from wav2lip.checkpoints.bundled import ASSETS
from wav2lip.errors import InputError

ERRORS_ONLY = 3  # onnxruntime's log level
MAX_LOGIT = 80.0  # larger logits are clipped: exp would overflow float32


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
        path = ASSETS / f"{name}.onnx"
        if not path.is_file():
            raise InputError(f"{path}: no such file; install the package again")
        self._session = self._load(path)

    @staticmethod
    def _load(path: Path) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        try:
            return onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except RuntimeError as error:
            raise InputError(f"{path}: damaged; install the package again") from error

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
