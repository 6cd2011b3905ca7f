"""Run one part of an exported network."""

from typing import Any, Protocol

from numpy.typing import NDArray

CPU_THREADS = 1  # of one call; the renderers call from several threads


class Graph(Protocol):
    """A part of an exported network, loaded by a library. Several threads may call it."""

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """Compute the outputs of the part, in the order of `wav2lip.checkpoints.exported.PARTS`."""
        ...


class Runtime(Protocol):
    """A library that loads parts.

    Attributes:
        on_cpu: whether it computes on the CPU.
        description: library, version and processor.
        warnings: what the user should know, such as a fallback to the CPU; filled while parts are loaded.
    """

    on_cpu: bool
    description: str
    warnings: list[str]

    def load(self, model: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Graph:
        """Load a part.

        Args:
            model: an ONNX model.
            inputs: names, in the order of the call.
            outputs: names, in the order of the results.

        Raises:
            InputError: the library refuses the model.
        """
        ...
