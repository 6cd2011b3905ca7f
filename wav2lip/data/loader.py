"""A loader of batches whose processes start undisturbed by signals and threads, and how many processes it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import torch
from torch.utils.data import DataLoader

from wav2lip.utils.platform import cpu_count
from wav2lip.utils.signals import delaying

MAX_WORKERS = 8  # of each training process on a GPU


def loader_workers(device: str, processes: int = 1) -> int:
    """Return how many processes should load the batches of a training process.

    Args:
        device: kind of device that it trains on. A CPU trains on all cores itself, so one process loads for it.
        processes: training processes that share this machine's cores.

    Returns:
        1 on a CPU; else the process's share of the cores without the one that trains, 1 to `MAX_WORKERS`.
    """
    if device == "cpu":
        return 1
    return max(1, min(MAX_WORKERS, cpu_count() // processes - 1))


def limit_threads(_: int) -> None:
    """Let a loader process compute on one thread; torch calls it there with the number of the process."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


@contextmanager
def without_opencv_threads() -> Iterator[None]:
    """End OpenCV's threads, which start again when they are needed.

    A forked process inherits their locks but not the threads, and waits for them forever.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


class ClipLoader(DataLoader[Any]):
    """A loader whose processes start and restart as a whole, whatever the training process does meanwhile.

    If a signal arrives while they start, torch's iterator raises an AttributeError in its destructor, which prints a
    traceback. If OpenCV has threads then, the processes hang.
    """

    def __iter__(self) -> Any:
        with delaying(), without_opencv_threads():
            return super().__iter__()
