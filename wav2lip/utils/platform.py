"""What differs between Linux, macOS and Windows: processor cores, memory and drivers."""

import ctypes
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from wav2lip.errors import InputError

STATUS = Path("/proc/self/status")  # Linux; its sizes are in kB
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in the unit of ru_maxrss
ARENA_MAX = -8  # parameter of mallopt, glibc's malloc.h
ARENAS = 2


_cores: int | None = None  # that the code of this process may use; None: those of the process


def cpu_count() -> int:
    """Return how many cores this process may use, at least 1; 1 within `one_core`.

    On Linux this respects the process's affinity (containers, `taskset`); elsewhere it is the
    number of cores of the machine.
    """
    if _cores is not None:
        return _cores
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@contextmanager
def one_core() -> Iterator[None]:
    """Let `cpu_count` be 1, as each of several processes that share the cores has one."""
    global _cores
    before, _cores = _cores, 1
    try:
        yield
    finally:
        _cores = before


def process_rank() -> int:
    """Return the number of this process among those of one training, 0 for the first or only one."""
    for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK"):
        value = os.environ.get(name, "")
        if value.isdecimal():
            return int(value)
    return 0


def require_processes(workers: int, key: str) -> None:
    """Check that this machine has the shared memory that worker processes require.

    Args:
        workers: number of processes beside this one; 0 requires nothing.
        key: the setting that says so, with the value that does without, for the message.

    Raises:
        InputError: it has none.
    """
    if workers > 0:
        try:
            get_context("spawn").Semaphore()
        except (OSError, ImportError) as error:
            raise InputError(
                f"worker processes require shared memory (/dev/shm), which this machine lacks; set {key}"
            ) from error


def has_nvidia_driver() -> bool:
    """Tell whether this machine has a driver of NVIDIA, without importing torch, which takes seconds.

    A machine with a driver may still lack a GPU, or have a build of torch without CUDA.
    """
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def limit_arenas() -> bool:
    """Let glibc hand out memory from few arenas; for commands, at their start.

    By default threads get up to eight arenas per core, and an array that one thread frees cannot be reused by the
    threads of other arenas.

    Returns:
        Whether the C library is glibc, which has arenas.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(ARENA_MAX, ARENAS))


def peak_memory() -> int:
    """Return the most bytes that this process has held in memory, or 0 if that is unknown.

    Linux's `ru_maxrss` survives `exec`, so that a process started by a large one would report its
    parent's peak; `/proc/self/status` does not. Windows needs `psutil`.
    """
    if STATUS.is_file():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        resource = import_module("resource")
    except ImportError:
        return _peak_memory_of_psutil()
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * MAXRSS_UNIT


def _peak_memory_of_psutil() -> int:
    try:
        process = import_module("psutil").Process()
    except ImportError:
        return 0
    return int(getattr(process.memory_info(), "peak_wset", 0))
