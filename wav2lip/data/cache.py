"""Decoded crops in shared memory: each crop is decoded once per run instead of once per sample."""

import mmap
import multiprocessing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ClipFile
from wav2lip.types import Image

MIB = 1 << 20  # bytes
CHANNELS = 3


class CropCache:
    """Crops of clips. The process that needs a crop first decodes it; all processes can then read it.

    The memory is anonymous and shared: processes forked from this one (loader workers on Linux) fill and
    read the same crops. A spawned process cannot see it and keeps its own; `processes` of them stay
    within the same bound. Memory is allocated as crops arrive; nothing is written to disk.

    Crops that do not fit are decoded every time. Samples are drawn at random, so every frame is equally
    likely to be needed again, and keeping the first crops works as well as keeping the latest.

    Args:
        frames: number of frames of each clip file.
        side: side of a crop, pixels; a clip with crops of another size is decoded every time.
        megabytes: upper bound on the memory for crops (MiB), in all processes together.
        processes: number of processes that share the bound if they cannot share memory.
    """

    def __init__(
        self, frames: Mapping[Path, int], side: int, megabytes: float, processes: int = 1
    ) -> None:
        self._frames = dict(frames)
        self.side = side
        self.megabytes = megabytes
        self._processes = processes
        capacity = int(megabytes * MIB) // (side * side * CHANNELS)
        self._first: dict[Path, int] = {}  # position of each clip's first frame
        count = 0
        for path, length in frames.items():
            if count + length <= capacity:
                self._first[path] = count
                count += length
        size = max(1, count)  # an empty map is not allowed
        memory = mmap.mmap(-1, size * side * side * CHANNELS)
        self._crops = np.frombuffer(memory, np.uint8).reshape(size, side, side, CHANNELS)
        self._filled = np.frombuffer(mmap.mmap(-1, size), np.bool_)
        self._filled_locally = np.zeros(size, np.bool_)  # a copy that is read without the lock
        # The lock also makes a crop visible to other processes before its mark in `_filled`.
        self._lock = multiprocessing.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return CropCache, (self._frames, self.side, self.megabytes / self._processes)

    def crops(self, file: ClipFile, frames: npt.NDArray[np.int64]) -> Image:
        """Return crops of the given frames (N,) as `ClipFile.crops` does. Do not write to them."""
        first = self._first.get(file.path)
        if first is None or file.crop_size != self.side:
            return file.crops(frames)
        positions = frames + first
        if not self._filled_locally[positions].all():
            self._fill(file, frames, first)
        start, stop = int(positions[0]), int(positions[-1]) + 1
        if stop - start == len(positions) and (positions[1:] > positions[:-1]).all():
            return self._crops[start:stop]  # consecutive: a view, no copy
        return self._crops[positions]

    def _fill(self, file: ClipFile, frames: npt.NDArray[np.int64], first: int) -> None:
        positions = frames + first
        with self._lock:
            filled = self._filled[positions]
        if not filled.all():
            missing = np.unique(frames[~filled])
            self._crops[missing + first] = file.crops(missing)
            with self._lock:
                self._filled[missing + first] = True
        self._filled_locally[positions] = True
