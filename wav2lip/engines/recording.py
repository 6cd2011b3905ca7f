"""Record what the parts of a generator are given while videos are rendered."""

from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wav2lip.engines.graph import Graph, Runtime

Feed = dict[str, NDArray[Any]]  # the inputs of one call


class _RecordedGraph:
    def __init__(
        self, graph: Graph, inputs: tuple[str, ...], feeds: list[Feed], limit: int, lock: Lock
    ) -> None:
        self._graph, self._inputs, self._feeds = graph, inputs, feeds
        self._limit, self._lock = limit, lock

    def __call__(self, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
        with self._lock:
            if sum(len(next(iter(feed.values()))) for feed in self._feeds) < self._limit:
                self._feeds.append(
                    {k: np.array(v) for k, v in zip(self._inputs, inputs, strict=True)}
                )
        return self._graph(*inputs)


class RecordingRuntime:
    """A runtime that keeps the inputs of every part.

    Args:
        runtime: computes.
        limit: items (faces or patches) per part that are kept at most.

    Attributes:
        feeds: names of a part's inputs -> its calls.
    """

    def __init__(self, runtime: Runtime, limit: int) -> None:
        self._runtime, self._limit, self._lock = runtime, limit, Lock()
        self.on_cpu = runtime.on_cpu
        self.description = runtime.description
        self.warnings = runtime.warnings
        self.feeds: dict[tuple[str, ...], list[Feed]] = {}

    def load(self, model: bytes, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Graph:
        """Load a part; see `Runtime.load`."""
        graph = self._runtime.load(model, inputs, outputs)
        feeds = self.feeds.setdefault(inputs, [])
        return _RecordedGraph(graph, inputs, feeds, self._limit, self._lock)
