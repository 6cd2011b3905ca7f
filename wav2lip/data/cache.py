"""Decoded crops in memory, so that a picture is decoded once in a run and not once a sample."""

import mmap
import multiprocessing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wav2lip.clips import ClipFile, Image

MIB = 1 << 20
CHANNELS = 3


class CropCache:
    """Crops of clips, decoded by whichever process first needs them and then kept for all.

    The memory is anonymous and shared: processes forked from this one (loader workers on Linux) fill and
    read the same crops. A process that is spawned cannot see it and keeps its own, `processes` of them
    within the same bound. Memory is taken as pictures come in; nothing is written to disk.

    What does not fit is decoded every time. Samples are drawn at random, so every frame is as likely to
    come again as any other, and keeping the first ones is as good as keeping the latest.

    Args:
        frames: how many frames each clip file has.
        side: px of a crop (S); a clip with crops of another size is decoded every time.
        megabytes: most memory that the pictures take (MiB), in all processes together.
        processes: among how many the bound is divided where they cannot share.
    """

    def __init__(
        self, frames: Mapping[Path, int], side: int, megabytes: float, processes: int = 1
    ) -> None:
        self._frames = dict(frames)
        self.side = side
        self.megabytes = megabytes
        self._processes = processes
        room = int(megabytes * MIB) // (side * side * CHANNELS)
        self._first: dict[Path, int] = {}  # where each clip's frames begin
        kept = 0
        for path, count in frames.items():
            if kept + count <= room:
                self._first[path] = kept
                kept += count
        size = max(1, kept)  # a map of nothing cannot be made
        memory = mmap.mmap(-1, size * side * side * CHANNELS)
        self._pictures = np.frombuffer(memory, np.uint8).reshape(size, side, side, CHANNELS)
        self._known = np.frombuffer(mmap.mmap(-1, size), np.bool_)
        self._seen = np.zeros(size, np.bool_)  # this process's own copy, read without the lock
        # Also what makes a picture visible in other processes before the mark that says it is there.
        self._lock = multiprocessing.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return CropCache, (self._frames, self.side, self.megabytes / self._processes)

    def crops(self, file: ClipFile, frames: npt.NDArray[np.int64]) -> Image:
        """Crops of the given frames (N,), as `ClipFile.crops` gives them; not to be written to."""
        first = self._first.get(file.path)
        if first is None or file.crop_size != self.side:
            return file.crops(frames)
        places = frames + first
        if not self._seen[places].all():
            self._fill(file, frames, first)
        begin, end = int(places[0]), int(places[-1]) + 1
        if end - begin == len(places) and (places[1:] > places[:-1]).all():
            return self._pictures[begin:end]  # a view, which spares a copy
        return self._pictures[places]

    def _fill(self, file: ClipFile, frames: npt.NDArray[np.int64], first: int) -> None:
        places = frames + first
        with self._lock:
            known = self._known[places]
        if not known.all():
            new = np.unique(frames[~known])
            self._pictures[new + first] = file.crops(new)
            with self._lock:
                self._known[new + first] = True
        self._seen[places] = True
