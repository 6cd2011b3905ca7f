"""Run an exported judge. Imports no torch."""

import numpy as np
from numpy.typing import NDArray

from wav2lip.checkpoints.exported import ExportedNetwork
from wav2lip.engines.exported_engine import load_part
from wav2lip.engines.graph import Runtime
from wav2lip.metrics.judges import SyncEncoder
from wav2lip.types import Image


class ExportedEncoder(SyncEncoder):
    """A sync expert or SyncNet v2.

    Args:
        network: the judge.
        runtime: runs it.

    Raises:
        InputError: the library refuses it.
    """

    def __init__(self, network: ExportedNetwork, runtime: Runtime) -> None:
        self._audio = load_part(network, runtime, "audio")
        self._lips = load_part(network, runtime, "lips")

    def __call__(
        self, sounds: NDArray[np.float32], frames: Image
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """See `SyncEncoder`."""
        return self._audio(sounds)[0], self._lips(frames)[0]
